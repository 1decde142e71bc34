"""250 means kept, system call by system call: posternd under strace, killed before, or failed at, each call that changes the spool.

Two stretches of life are traced first and left alone, to count the calls: one message in and out again (`message`), and one start
over a spool that needs mending, with a message that waits and a key that must be destroyed (`start`). Then each call becomes, in a
run of its own on a spool of its own, a SIGKILL, EIO, ENOSPC and EDQUOT. After it:

    what was answered 250 arrives, whole; what was not, whole or not at all; the queue drains to empty; twice only with a
    `duplicate` event; and after an error the same process takes and delivers the next message within some seconds.

60 seconds of them chosen by a seed, which is printed (POSTERN_SEED repeats it); all with POSTERN_FULL=1. A run whose call did not
come (threads share work as they like) is tried again, and counted apart. Needs strace and the right to trace.

One thing is RocksDB's and not ours to mend: it asks once per file whether sync_file_range is there, with a call that does nothing,
and asserts that only ENOSYS says no. Where that assertion ends the process, the restart is what is tested.
"""
import collections
import hashlib
import itertools
import os
import random
import shutil
import time
import unittest

import results
import strace
from gateway import Ended, wait_until
from scene import ANN, BOB, below_trace, letter
from sender import queue_id
from stage import temporary_stage

FULL = os.environ.get("POSTERN_FULL") == "1"
BUDGET = 10 ** 6 if FULL else 60  # seconds
HEALS_WITHIN = 10.0
WHATS = (strace.KILL, "error=EIO", "error=ENOSPC", "error=EDQUOT")
TRIES = 3


def body(label):
    """Eight chunks of 256 KiB and a rest, so that there are writes before the commit, too."""
    return letter(f"{label}\r\n".encode() + (b"y" * 70 + b"\r\n") * 30000)


def digest(octets):
    return hashlib.sha256(octets).hexdigest()


def places_in(runs):
    """(threads, call, n): a thread that makes the same calls in each run for itself; of those that share work, as many as must come."""
    for call in sorted({call for counts in runs for _, call in counts}):
        steady = {}
        threads = sorted({thread for counts in runs for thread, one in counts if one == call})
        for thread in threads:
            if len({counts[thread, call] for counts in runs}) == 1:
                steady[thread] = runs[0][thread, call]
        shared = tuple(thread for thread in threads if thread not in steady)
        for thread, count in steady.items():
            yield from (((thread,), call, n) for n in range(1, count + 1))
        if shared:
            total = min(sum(counts[thread, call] for thread in shared) for counts in runs)
            yield from ((shared, call, n) for n in range(1, -(-total // len(shared)) + 1))


class SystemCalls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("strace") is None:
            raise unittest.SkipTest("needs strace")
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.gateway = cls.stage.gateway(start=False)
        cls.addClassCleanup(cls.gateway.stop)
        cls.template = cls.a_spool_to_mend()
        cls.sink = cls.stage.open("good.example")

    @classmethod
    def a_spool_to_mend(cls):
        """Killed with a message in it and half of another, and with the key of an hour that is long empty."""
        cls.stage.name("good.example")
        cls.gateway.start()
        with cls.gateway.sender() as exchange:
            cls.waiting_reply = exchange.send(ANN, [BOB], body("waiting"))[-1]
        half = cls.gateway.sender()
        half.envelope(ANN, [BOB])
        half.command(b"DATA")
        half.wire.send(body("half"))
        wait_until(lambda: cls.gateway.events(event="deferred"))
        cls.gateway.kill()
        half.wire.socket.close()
        key = max((cls.gateway.state / "spool" / "keys").glob("*.key"))
        shutil.copy2(key, key.with_name(f"{int(key.stem) - 3}.key"))
        cls.gateway.event_file.unlink()
        return cls.gateway.state.rename(cls.stage.folder / "template")

    def setUp(self):
        self.seed = int(os.environ.get("POSTERN_SEED", random.randrange(2**32)))
        self.number = itertools.count()
        self.trace = self.stage.folder / "trace"

    def fresh(self, template=None):
        self.gateway.stop()
        for file in (self.gateway.event_file, self.gateway.log_file, self.trace):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.gateway.state, ignore_errors=True)
        if template:
            shutil.copytree(template, self.gateway.state)
        else:
            self.gateway.state.mkdir()
        self.gateway.wrapper = []
        with self.sink.changed:
            self.sink.messages.clear()

    def test_one_message_in_and_out(self):
        try:
            runs = [self.counted_message() for _ in range(3)]
        except RuntimeError as refused:
            self.skipTest(f"no right to trace: {refused}")
        for counts in runs:
            self.assertGreaterEqual(sum(count for (_, call), count in counts.items() if call == "fdatasync"), 2,
                                    "a message in and out is two syncs at least: the trace does not see the spool")
        self.all_of("message", list(places_in(runs)), self.message_run)

    def counted_message(self):
        self.fresh()
        self.gateway.start()
        with strace.Tracer(self.gateway, self.trace) as tracer:
            self.assertEqual(self.send(body("counted")).code, 250)
            self.drained()
        return strace.seen(self.trace, tracer.threads)

    def test_a_start_that_mends(self):
        self.fresh(self.template)
        self.gateway.wrapper = strace.wrapper(self.gateway.state / "spool", self.trace)
        self.gateway.start()
        self.drained()
        self.gateway.stop()
        most = collections.Counter()
        for (_, call), count in strace.seen(self.trace).items():
            most[call] = max(most[call], count)
        self.assertIn(".gone", self.trace.read_text(errors="replace"), "the start destroyed no key: the trace does not see the spool")
        self.all_of("start", [((), call, n) for call, count in most.items() for n in range(1, count + 1)], self.start_run)

    def test_a_disk_that_fails_for_a_while_and_comes_back(self):
        for what in ("error=EIO", "error=ENOSPC"):
            with self.subTest(what=what):
                self.fresh()
                self.gateway.start()
                everything = strace.Fault((), ",".join(set(strace.WATCHED) - {"sync_file_range"}), "1+", what)
                with strace.Tracer(self.gateway, self.trace, everything) as tracer:
                    octets = [body(f"{what} {number}") for number in range(3)]
                    replies = [self.send(one) for one in octets]
                    time.sleep(3)  # events, cursors and keys are tried meanwhile, too
                    self.assertTrue(tracer.hit())
                self.assertEqual([reply.code for reply in replies if reply.code not in (451, 452)], [])
                promised = self.next_message()
                self.drained()
                self.assertIsNone(self.gateway.process.poll())
                self.check(promised, {digest(one) for one in octets})

    def all_of(self, name, places, run):
        faults = [strace.Fault(*place, what) for place in places for what in WHATS]
        random.Random(self.seed).shuffle(faults)
        end, tried, missed, wrong, outcomes = time.monotonic() + BUDGET / 2, 0, [], [], collections.Counter()
        for fault in faults:
            if time.monotonic() > end:
                break
            tried += 1
            with self.subTest(fault=str(fault)):
                wrong.append(str(fault))  # until the run says otherwise
                for _ in range(TRIES):
                    outcome = run(fault)
                    outcomes[outcome] += 1
                    if outcome != "did not come":
                        break
                else:
                    missed.append(str(fault))
                wrong.pop()
        print(f"seed {self.seed}: {len(places)} calls, {tried} of {len(faults)} faults tried, {len(missed)} did not come, {dict(outcomes)} ", end="")
        if FULL:
            results.write("syscalls-" + name, seed=self.seed, calls=len(places), faults=len(faults), tried=tried, did_not_come=missed,
                          wrong=wrong, outcomes=dict(outcomes))
        self.assertLess(len(missed), max(2, tried / 4), f"too many calls did not come: {missed}")

    def message_run(self, fault):
        self.fresh()
        self.gateway.start()
        first = body(f"first {next(self.number)}")
        with strace.Tracer(self.gateway, self.trace, fault) as tracer:
            reply = self.send(first)
            self.drained(or_ended=True, unless=tracer.hit)
            if not self.came(fault, tracer.hit()):
                return "did not come"
        promised = {digest(first): reply} if reply and reply.code == 250 else {}
        if fault.what == strace.KILL:
            outcome = self.killed(reply)
        else:
            outcome = self.failed(reply)
            if (fault.call, fault.number) == ("fdatasync", 1):  # the commit's own; the octets are in the file all the same, so
                self.assertNotEqual(reply.code, 250, "250 after a sync that failed")  # that nothing would be lost here
            promised |= self.next_message()
            self.drained()
            self.check(promised, {digest(first)})
        self.gateway.stop()
        self.gateway.start()
        self.drained()
        self.check(promised, {digest(first)})
        return outcome

    def start_run(self, fault):
        self.fresh(self.template)
        self.gateway.wrapper = strace.wrapper(self.gateway.state / "spool", self.trace, fault)
        promised = {digest(body("waiting")): self.waiting_reply}
        try:
            self.gateway.start()
            self.drained(or_ended=True)
            wait_until(lambda: self.gateway.process.poll() is not None, 0.3)
            if not self.came(fault, strace.failed_by(self.trace)):
                return "did not come"
            if fault.what == strace.KILL:
                outcome = self.killed(None)
            else:
                outcome = self.failed(None)
                promised |= self.next_message()
                self.drained()
                self.check(promised, set())
        except Ended as ended:
            outcome = self.ended_at_start(fault, ended)
        self.gateway.wrapper = []
        self.gateway.stop()
        self.gateway.start()
        self.drained()
        self.check(promised, set())
        self.assertEqual(list((self.gateway.state / "spool" / "keys").glob("*.gone")), [], "a key half destroyed")
        return outcome

    def came(self, fault, failed):
        return self.gateway.process.poll() == -9 if fault.what == strace.KILL else failed

    def killed(self, reply):
        return "killed" if reply is None else f"killed after {reply.code}"

    def failed(self, reply):
        self.assertIsNone(self.gateway.process.poll(), "an error ended the process\n" + self.log())
        return f"failed, answered {reply.code}" if reply else "failed at start"

    def ended_at_start(self, fault, ended):
        if fault.what == strace.KILL:
            self.assertEqual(ended.code, -9, ended.said)
            return "killed"
        if fault.call == "sync_file_range" and "IsSyncFileRangeSupported" in ended.said:
            return "ended by RocksDB's assertion"
        self.assertEqual(ended.code, 5, ended.said)
        return "would not start"

    def send(self, octets):
        """The answer to the final dot; None where none came."""
        try:
            with self.gateway.sender(timeout=20) as exchange:
                return exchange.send(ANN, [BOB], octets)[-1]
        except Exception:
            return None

    def next_message(self):
        """Accepted by the same process, soon after the trouble is over."""
        octets = body(f"next {next(self.number)}")
        reply = wait_until(lambda: (answer := self.send(octets)) and answer.code == 250 and answer, HEALS_WITHIN, 0.3)
        self.assertTrue(reply, "the next message was not accepted: it does not heal without a restart\n" + self.log())
        return {digest(octets): reply}

    def drained(self, or_ended=False, unless=lambda: False):
        """Waits for the empty queue, or where told for the end of the process or of the wait."""
        def empty():
            if self.gateway.process.poll() is not None:
                return or_ended
            try:
                return unless() or not self.gateway.queue()
            except (KeyError, ValueError):  # it ended while the admin command asked
                return or_ended and self.gateway.process.wait(5) is not None
        self.assertTrue(wait_until(empty, 20, 0.1), "the queue did not drain\n" + self.log())

    def check(self, promised, perhaps):
        arrived = collections.Counter(digest(below_trace(message.body)) for message in list(self.sink.messages))
        self.assertEqual([queue_id(reply) for one, reply in promised.items() if one not in arrived], [], "lost after 250\n" + self.log())
        self.assertEqual(set(arrived) - set(promised) - perhaps, set(), "arrived cut short or changed")
        twice = [one for one, count in arrived.items() if count > 1]
        if twice:
            self.assertTrue(self.gateway.events(event="duplicate"), "arrived twice, and no event says so\n" + self.log())
        for alarm in ("ends before what was known", "set aside", "is damaged"):
            self.assertNotIn(alarm, self.log())

    def log(self):
        return self.gateway.log_file.read_text(errors="replace")


if __name__ == "__main__":
    unittest.main()
