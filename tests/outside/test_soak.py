"""A gateway at work for half an hour among everything that goes wrong at times: nothing that it said 250 to is lost, and at the end it has
no more memory and no more files open than in the middle.

20 seconds in two cycles; 30 minutes in fifteen with POSTERN_FULL=1, whose figures go to docs/results/. A cycle, in parts of its length:

    0.00  mail at a steady rate to good, slow, 4xx, resetting and silent servers; a quarter of it with attachments, for the worker
    0.15  the policy is reloaded      0.25  a new certificate is loaded      0.40  the worker is killed
    0.50  the spool's disk is full, up to 0.60
    0.75  every server behaves, so that the queue drains

RocksDB's write buffers fill and empty about once a minute, which is seen as 30 MiB up and down; the line goes through all of it.

The spool is on a small ext4 of its own: root and loop devices are needed, and the test is skipped where they are missing.
"""
import collections
import hashlib
import os
import random
import signal
import threading
import time
import unittest
from pathlib import Path

import memory
import mounts
import results
from crowd import FULL, programs
from gateway import wait_until
from hard_servers import Digesting, DigestingSession, Resetting, TarPit
from scene import ANN, letter
from sender import queue_id
from stage import Stage, temporary_folder

SECONDS, CYCLE = (1800, 120) if FULL else (20, 10)
RATE = 8.0                                # messages a second, of all senders together
SENDERS = 4
SIZES = (2_000,) * 14 + (50_000,) * 5 + (1_000_000,)
GROWTH = 10 if FULL else 64               # MiB over the second half, by a straight line through all samples: one a second
FILES = 20                                # more open at the end than at the end of the first cycle, RocksDB's tables apart
TABLES = 256                              # of those: as many as max_open_files lets it keep open (spool/rocks_store.cpp)


class Slow(Digesting):
    def session(self, connection):
        return SlowSession(self, connection)


class SlowSession(DigestingSession):
    def data(self):
        time.sleep(0 if self.sink.behaves else 0.5)
        super().data()


def digest_of(message):
    """A Digesting server kept the digest, any other the octets."""
    if len(message.body) == 64 and b"\r\n" not in message.body:
        return message.body.decode()
    return hashlib.sha256(message.body[message.body.index(b"\r\nFrom: ") + 2:]).hexdigest()


def body(number, size, attachment):
    text = b"number %d\r\n" % number + (b"y" * 70 + b"\r\n") * (size // 72)
    if not attachment:
        return letter(text)
    return letter(b"--b\r\n\r\nhello\r\n--b\r\nContent-Type: text/csv; name=x.csv\r\n\r\n" + text + b"--b--\r\n",
                  extra=b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n")


def slope(points):
    """Of the straight line through (x, y) with the least squares."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


class Soak(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_folder(self.addCleanup)
        self.disk = mounts.small_disk(self.folder, 1024, self.addCleanup)
        self.stage = Stage(self.folder)
        self.addCleanup(self.stage.close)
        self.good = [f"good{number}.example" for number in range(4)]
        for domain in self.good:
            self.stage.open(domain, kind=Digesting)
        self.slow = self.stage.open("slow.example", kind=Slow)
        self.later = self.stage.open("later.example", kind=Digesting, refuse_rcpt="451 4.7.1 Later\r\n")
        self.reset = self.stage.open("reset.example", kind=Resetting, step="MAIL")
        self.silent = self.stage.open("silent.example", kind=TarPit)
        self.slow.behaves = False
        self.domains = self.good * 4 + ["slow.example", "later.example", "reset.example", "silent.example"]
        self.replaced = []         # servers that were at silent.example before
        self.gateway = self.stage.gateway(state=self.disk / "state", retry=["1s", "5s"])
        self.addCleanup(self.gateway.kill)
        self.seed = int(os.environ.get("POSTERN_SEED", random.randrange(2**32)))
        self.chance = random.Random(self.seed)
        self.kept, self.answers, self.happened = {}, collections.Counter(), collections.Counter()
        self.faults, self.lock, self.over = [], threading.Lock(), threading.Event()
        self.number = 0

    # Mail at a steady rate

    def next_message(self):
        with self.lock:
            self.number += 1
            return (self.number, self.chance.choice(self.domains), self.chance.choice(SIZES), self.chance.random() < 0.25)

    def send_all_the_time(self, first):
        """Each message has its moment, whether the last one was fast or slow; a connection carries fifty."""
        due, connection, sent = time.monotonic() + first / RATE, None, 0
        try:
            while not self.over.wait(max(0.0, due - time.monotonic())):
                due = max(due + SENDERS / RATE, time.monotonic() - 5)
                if connection is None or sent % 50 == 0:
                    if connection is not None:
                        connection.quit()
                    connection = self.gateway.sender()
                self.send_one(connection)
                sent += 1
            if connection is not None:
                connection.quit()
        except Exception as fault:  # told where the test waits
            self.faults.append(f"sender {first}: {fault!r}")

    def send_one(self, connection):
        number, domain, size, attachment = self.next_message()
        text = body(number, size, attachment)
        reply = connection.send(ANN, ["bob@" + domain], text)[-1]
        with self.lock:
            self.answers[reply.code] += 1
            if reply.code == 250:
                self.kept[hashlib.sha256(text).hexdigest()] = (queue_id(reply), domain)

    # What goes wrong, and what an operator does

    def reload(self):
        self.assertEqual(self.gateway.run("reload").returncode, 0)

    def new_certificate(self):
        certificate, key = self.stage.authority.server("gw.clinic.example")
        (self.gateway.folder / "tls.crt").write_bytes(Path(certificate).read_bytes())
        (self.gateway.folder / "tls.key").write_bytes(Path(key).read_bytes())
        self.reload()

    def kill_worker(self):
        workers = [pid for pid in memory.family(self.gateway.process.pid)[1:]]
        self.assertTrue(wait_until(lambda: memory.family(self.gateway.process.pid)[1:], 10), "there is no worker")
        for pid in workers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def fill_disk(self):
        mounts.leave_free(self.disk, 4 << 20)

    def free_disk(self):
        (self.disk / "ballast").unlink(missing_ok=True)

    def misbehave(self):
        self.slow.behaves, self.later.refuse_rcpt = False, "451 4.7.1 Later\r\n"
        self.reset.step = self.chance.choice(("connect", "greeting", "EHLO", "MAIL", "DATA", "body", "dot"))
        self.replace_silent(TarPit)

    def behave(self):
        self.slow.behaves, self.later.refuse_rcpt, self.reset.step = True, "", None
        self.replace_silent(Digesting)

    def replace_silent(self, kind):
        if type(self.silent) is kind:
            return
        self.replaced.append(self.silent)  # a message that it is taking still counts
        self.silent.close()
        self.silent = self.stage.open("silent.example", kind=kind)

    steps = ((0.0, "misbehave"), (0.15, "reload"), (0.25, "new_certificate"), (0.40, "kill_worker"), (0.50, "fill_disk"),
             (0.60, "free_disk"), (0.75, "behave"))

    def go_through(self, begun, cycle):
        for at, name in self.steps:
            self.look_until(begun + (cycle + at) * CYCLE)
            getattr(self, name)()
            self.happened[name] += 1
        self.look_until(begun + (cycle + 1) * CYCLE)

    # Memory and files

    def look_until(self, moment):
        while (left := moment - time.monotonic()) > 0:
            time.sleep(min(1.0, left))
            self.assertIsNone(self.gateway.process.poll(), "posternd ended")
            self.assertEqual(self.faults, [])
            self.samples.append(self.look())

    def look(self):
        found = memory.measure(self.gateway.process.pid)
        files, tables = self.files()
        return {"at": round(time.monotonic() - self.begun, 1), "mib": memory.mib(sum(found.values())), "files": files, "tables": tables}

    def files(self):
        """All that is open, and apart from it RocksDB's tables: each time that its write buffers are full there are more of them, until
        it merges them."""
        counts = [0, 0]
        for pid in memory.family(self.gateway.process.pid):
            try:
                with os.scandir(f"/proc/{pid}/fd") as entries:
                    for entry in entries:
                        counts[self.is_table(entry.path)] += 1
            except FileNotFoundError:
                continue
        return counts

    @staticmethod
    def is_table(path):
        try:
            return os.readlink(path).endswith(".sst")
        except OSError:
            return False

    def queue(self):
        return self.gateway.queue()

    # The whole of it

    def test_half_an_hour_of_everything(self):
        self.samples, self.begun = [], time.monotonic()
        senders = [threading.Thread(target=self.send_all_the_time, args=(number,), daemon=True) for number in range(SENDERS)]
        for one in senders:
            one.start()
        after_drain = []
        for cycle in range(SECONDS // CYCLE):
            self.go_through(self.begun, cycle)
            after_drain.append(self.samples[-1])
        self.over.set()
        for one in senders:
            one.join(60)
        self.assertEqual(self.faults, [])
        self.behave()
        drained = wait_until(self.only_held_are_left, 180, 1.0)
        self.samples.append(self.look())
        figures = self.figures(after_drain)
        if FULL:
            results.write("soak", programs=programs(), **figures)
        print({key: value for key, value in figures.items() if key != "samples"}, end=" ", flush=True)
        self.assertTrue(drained, f"{len(self.queue())} messages are left")
        self.assertEqual(figures["lost"], [], [self.gateway.events(queue_id=number) for number in figures["lost"][:3]])
        self.assertEqual(figures["twice_where_no_answer_was_lost"], [])
        self.assertEqual(set(self.answers) - {250, 451, 452}, set())
        self.assertGreater(self.answers[452] + self.answers[451], 0, "the disk was never full")
        self.assertLess(figures["growth_of_second_half"], GROWTH, "memory grows")
        self.assertLessEqual(figures["files_at_end"], figures["files_after_first_cycle"] + FILES, "files are left open")
        self.assertLessEqual(figures["tables_at_most"], TABLES, "RocksDB keeps more tables open than it may")

    def held(self):
        """What the worker's end made uninspectable waits for a person."""
        return {message["id"] for message in self.queue() if self.is_held(message)}

    @staticmethod
    def is_held(message):
        return all(recipient["state"].startswith("held") for recipient in message["recipients"])

    def only_held_are_left(self):
        return all(self.is_held(message) for message in self.queue())

    def figures(self, after_drain):
        arrived = collections.Counter(digest_of(message) for sink in [*self.stage.sinks.values(), *self.replaced]
                                      for message in list(sink.messages) if message.recipients[0].startswith("bob@"))
        held = self.held()
        lost = [number for digest, (number, _) in self.kept.items() if digest not in arrived and number not in held]
        twice = [(number, domain) for digest, (number, domain) in self.kept.items() if arrived[digest] > 1]
        points = [(one["at"], one["mib"]) for one in self.samples if one["at"] >= SECONDS / 2]
        by_second = slope(points)
        return {"seconds": SECONDS, "seed": self.seed, "messages_kept": len(self.kept), "answers": dict(self.answers),
                "happened": dict(self.happened), "resets": self.reset.resets, "held_uninspected": len(held), "lost": lost,
                "possible_duplicates": len(twice), "twice_where_no_answer_was_lost": [one for one in twice if one[1] not in ("reset.example", "silent.example")],
                "mib_after_first_cycle": after_drain[0]["mib"], "mib_at_end": self.samples[-1]["mib"],
                "mib_at_most": max(one["mib"] for one in self.samples), "growth_of_second_half": round(by_second * (points[-1][0] - points[0][0]), 2),
                "mib_an_hour": round(by_second * 3600, 2), "bound_of_growth": GROWTH, "files_after_first_cycle": after_drain[0]["files"],
                "files_at_end": self.samples[-1]["files"], "tables_at_most": max(one["tables"] for one in self.samples),
                "samples": [[one["at"], one["mib"], one["files"], one["tables"]] for one in self.samples[::10]]}
