"""A spool in trouble, made with RocksDB's own tool: from a newer version it is left alone; a damaged record stops nobody else."""
import json
import subprocess
import unittest

from gateway import wait_until
from scene import ANN, BOB, Refusals, below_trace, letter
from sender import queue_id
from stage import temporary_stage


class SpoolTrouble(Refusals):
    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.gateway = self.stage.gateway()
        self.addCleanup(self.gateway.stop)

    def ldb(self, *arguments):
        database = self.gateway.state / "spool" / "db"
        done = subprocess.run(["ldb", f"--db={database}", *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def keep(self, number):
        """A message for a server that does not answer yet."""
        with self.gateway.sender() as exchange:
            reply = exchange.send(ANN, [BOB], letter(f"number {number}\r\n".encode()))[-1]
        self.assertEqual(reply.code, 250)
        return queue_id(reply)

    def test_a_spool_from_a_newer_version_is_left_as_it_is(self):
        self.stage.name("good.example")
        self.keep(1)
        self.assertEqual(self.gateway.stop(), 0)
        this_version = self.ldb("get", "format").strip()
        self.ldb("put", "format", "999")
        self.ends(5, "newer version", "nothing was changed")
        self.ldb("put", "format", this_version)  # as a newer Postern would find it again
        self.stage.open("good.example")
        self.gateway.start()
        self.assertTrue(self.stage.sinks["good.example"].wait(1))

    def test_a_damaged_record_is_set_aside_and_the_others_go_on(self):
        self.stage.name("good.example")
        damaged, *others = [self.keep(number) for number in range(3)]
        self.assertEqual(self.gateway.stop(), 0)
        self.ldb("--column_family=message", "put", damaged, "no record")
        sink = self.stage.open("good.example")
        self.gateway.start()
        self.assertTrue(sink.wait(2))
        self.assertTrue(wait_until(lambda: not self.gateway.queue()))
        delivered = {event["queue_id"] for event in self.gateway.wait_for(event="delivered", count=2)}
        self.assertEqual(delivered, set(others))
        self.assertIn("set aside", self.gateway.log_file.read_text())
        self.shows_what_was_set_aside(damaged, "from-the-daemon.json")
        self.gateway.stop()
        self.shows_what_was_set_aside(damaged, "from-the-files.json")
        self.assertEqual(sorted(below_trace(message.body) for message in sink.messages),
                         [letter(b"number 1\r\n"), letter(b"number 2\r\n")])

    def shows_what_was_set_aside(self, damaged, name):
        listed = self.gateway.run("spool", "set-aside", "list").stdout
        self.assertEqual(listed.splitlines()[0], f"{damaged}  message  9 octets")
        self.assertTrue(listed.splitlines()[1].startswith(f"{damaged}  recipient 0  "), listed)
        file = self.gateway.folder / name
        self.assertIn("2 record(s)", self.gateway.run("spool", "set-aside", "export", damaged, file).stdout)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        exported = json.loads(file.read_text())["records"]
        self.assertEqual(bytes.fromhex(exported[0]["bytes"]), b"no record")
        again = self.gateway.run("spool", "set-aside", "export", damaged, file)  # never over another file
        self.assertNotEqual(again.returncode, 0)
        self.assertEqual(self.gateway.run("spool", "set-aside", "export", "01M8GANPTHNKGKA71Q77HK8GZY", f"{file}.x").returncode, 1)

    def test_a_damaged_body_is_never_sent_cut_short(self):
        self.stage.name("good.example")
        damaged, other = self.keep(0), self.keep(1)
        self.assertEqual(self.gateway.stop(), 0)
        chunk = "0x" + damaged.encode().hex() + "00000000"
        self.ldb("--column_family=body", "--key_hex", "put", chunk, "no chunk")
        sink = self.stage.open("good.example")
        self.gateway.start()
        self.assertEqual([event["queue_id"] for event in self.gateway.wait_for(event="delivered")], [other])
        self.assertTrue(wait_until(lambda: self.gateway.events(event="deferred", queue_id=damaged)))
        self.assertEqual([below_trace(message.body) for message in sink.messages], [letter(b"number 1\r\n")])


if __name__ == "__main__":
    unittest.main()
