"""Messages are read in a confined process of their own: what happens to it is one message's outcome, and nothing runs on without it."""
import os
import signal
import socket
import subprocess
import threading
import time
import unittest
from pathlib import Path

from gateway import POLICY, Ended, build_folder, wait_until
from scene import Scene, letter
from sender import queue_id

UNREADABLE = POLICY + """
[[rule]]
name = "unreadable"
when.uninspectable = ["corrupt", "too-deep", "too-large", "timeout", "crashed"]
then = { action = "quarantine", reason = "Could not be read" }
"""


def with_attachment(text=b"name,number\r\nAnn,536-22-1234\r\n", kind=b"text/csv"):
    """Plain text alone is read in the gateway; anything else goes to the worker."""
    return letter(b"--b\r\n\r\nhello\r\n--b\r\nContent-Type: " + kind + b"; name=x.csv\r\n\r\n" + text + b"\r\n--b--\r\n",
                  extra=b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n")


def children_of(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def status_of(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


class Workers(Scene):
    policy = UNREADABLE
    settings = '[inspect]\ntimeout = "2s"\n'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.stop()
        cls.gateway.write_configuration(extra=cls.settings)
        cls.gateway.start()

    def worker(self):
        (pid,) = children_of(self.gateway.process.pid)
        return pid

    def answer(self, body):
        return self.exchange(body)[-1]

    def event_of(self, reply, kind="accepted"):
        number = queue_id(reply)

        def found():
            return [event for event in self.gateway.events() if event.get("queue_id") == number and event["event"] == kind]
        self.assertTrue(wait_until(found), (number, self.gateway.events()[-3:]))
        return found()[0]


class OneWorker(Workers):
    def test_what_is_in_an_attachment_is_found(self):
        self.assertIn("social-security-number", self.event_of(self.answer(with_attachment()))["rules"])
        self.assertNotIn("social-security-number", self.event_of(self.answer(with_attachment(b"none\r\n"))).get("rules", []))

    def test_it_is_confined_before_the_first_message(self):
        status = status_of(self.worker())
        self.assertEqual(status["Seccomp"], "2")
        self.assertEqual(status["NoNewPrivs"], "1")
        folder = Path(f"/proc/{self.worker()}")
        self.assertEqual((folder / "environ").read_bytes(), b"")
        self.assertEqual(sorted(int(entry.name) for entry in (folder / "fd").iterdir()), [0, 1, 2, 3, 4])  # nothing, errors, the gateway, its polyglot

    def test_it_dies_between_messages_and_nobody_notices(self):
        before = self.worker()
        os.kill(before, signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not is_alive(before)))
        reply = self.answer(with_attachment())
        self.assertEqual(reply.code, 250, reply.text)
        self.assertIn("social-security-number", self.event_of(reply)["rules"])
        self.assertNotEqual(self.worker(), before)

    def test_it_is_stuck_and_the_sender_is_asked_to_try_again(self):
        stuck = self.worker()
        os.kill(stuck, signal.SIGSTOP)
        began = time.monotonic()
        reply = self.answer(with_attachment())
        self.assertEqual(reply.code, 451, reply.text)
        self.assertLess(time.monotonic() - began, 8)
        self.assertEqual(self.answer(with_attachment()).code, 250)
        self.assertFalse(is_alive(stuck))

    def test_plain_text_needs_no_worker(self):
        os.kill(self.worker(), signal.SIGSTOP)
        self.assertEqual(self.answer(letter()).code, 250)
        os.kill(self.worker(), signal.SIGCONT)

    def test_a_reload_starts_another_and_ends_the_old_one(self):
        before = self.worker()
        self.assertEqual(self.gateway.run("reload").returncode, 0)
        self.assertTrue(wait_until(lambda: not is_alive(before)))
        self.assertEqual(len(children_of(self.gateway.process.pid)), 1)
        self.assertNotEqual(self.worker(), before)
        self.assertEqual(self.answer(with_attachment()).code, 250)

    def test_it_ends_with_a_gateway_that_was_killed(self):
        worker = self.worker()
        self.gateway.kill()
        self.assertTrue(wait_until(lambda: not is_alive(worker)))
        self.gateway.start()
        self.assertEqual(self.answer(with_attachment()).code, 250)


class Hurried(Workers):
    settings = '[inspect]\ntimeout = "100ms"\n'

    def test_a_message_that_is_not_read_in_time_is_quarantined(self):
        line = b"&lt;a&gt;&#x35;36-22-1234 <i>diabetes</i> &amp;amp; " * 12 + b"\r\n"
        reply = self.answer(with_attachment(line * (30_000_000 // len(line)), b"text/xml"))
        self.assertEqual(reply.code, 250, reply.text)
        self.assertIn("unreadable", self.event_of(reply, "held")["rules"])


class Small(Workers):
    settings = '[inspect]\nmemory = "64MiB"\n'

    def test_a_message_that_needs_too_much_memory_is_quarantined_and_the_next_one_is_fine(self):
        worker = self.worker()
        line = b"nothing to be found here, line after line\r\n"
        reply = self.answer(with_attachment(line * (16_000_000 // len(line)), kind=b"text/html"))  # is in memory whole, several times
        self.assertEqual(reply.code, 250, reply.text)
        self.assertIn("unreadable", self.event_of(reply, "held")["rules"])
        self.assertIn("social-security-number", self.event_of(self.answer(with_attachment()))["rules"])
        self.assertEqual(self.worker(), worker)


class WithoutWorker(Workers):
    settings = '[inspect]\nworker = "never"\n'

    def test_everything_is_read_in_the_gateway(self):
        self.assertEqual(children_of(self.gateway.process.pid), [])
        self.assertIn("social-security-number", self.event_of(self.answer(with_attachment()))["rules"])


class Always(Workers):
    settings = '[inspect]\nworker = "always"\ntimeout = "2s"\n'

    def test_plain_text_goes_to_the_worker_too(self):
        os.kill(self.worker(), signal.SIGSTOP)
        self.assertEqual(self.answer(letter()).code, 451)
        self.assertIn("social-security-number", self.event_of(self.answer(letter(b"536-22-1234\r\n")))["rules"])


class StartedBySystemd(Scene):
    """As systemd/postern-inspect.socket does: a worker for each connection, its socket as descriptor 3."""
    policy = UNREADABLE

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.stop()
        path = cls.stage.folder / "inspect"
        cls.workers, cls.door = [], socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        cls.addClassCleanup(cls.door.close)
        cls.door.bind(str(path))
        cls.door.listen()
        threading.Thread(target=cls.serve, daemon=True).start()
        cls.gateway.write_configuration(extra=f'[inspect]\nsocket = "{path}"\n')
        cls.gateway.start()

    @classmethod
    def serve(cls):
        while True:
            try:
                connection = cls.door.accept()[0]
            except OSError:
                return
            with connection:
                number = connection.fileno()
                cls.workers.append(subprocess.Popen(
                    ["/bin/bash", "-c", f'exec "$0" 3<&{number} {number}<&-', build_folder() / "postern-inspect"],
                    pass_fds=[number], env={}))

    def test_it_reads_messages_and_ends_with_its_policy(self):
        self.assertEqual(children_of(self.gateway.process.pid), [])
        first = self.workers[-1]
        self.assertEqual(self.exchange(with_attachment())[-1].code, 250)
        first.kill()
        first.wait()
        self.assertEqual(self.exchange(with_attachment())[-1].code, 250)
        self.assertEqual(len(self.workers), 2)
        self.assertEqual(self.gateway.run("reload").returncode, 0)
        self.assertEqual(self.workers[1].wait(10), 0)
        self.assertEqual(self.exchange(with_attachment())[-1].code, 250)


class NoWorkerToStart(Workers):
    def test_a_program_that_is_not_there_stops_the_gateway_at_start(self):
        self.gateway.stop()
        self.gateway.write_configuration(extra='[inspect]\nprogram = "/nowhere/postern-inspect"\n')
        with self.assertRaises(Ended) as caught:
            self.gateway.start()
        self.assertEqual(caught.exception.code, 3)
        self.assertIn("/nowhere/postern-inspect", caught.exception.said)


if __name__ == "__main__":
    unittest.main()
