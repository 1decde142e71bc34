"""250 means kept, when the power goes: the spool is on a loop-mounted ext4 that loses under load whatever was not synced.

Needs root, loop devices and $POSTERN_SHARED/tools/powercut.py; skipped where one is missing. The seed is printed; POSTERN_SEED
repeats it. A message that was answered 250 arrives once at least; one that was not may arrive, too.

What counts is a 250 that was heard before the power began to go. The disk is cut off in some 10 ms during which the machine lives on,
which no machine does, and Linux lets an fdatasync that is under way then return 0 although nothing reached the disk (seen with strace:
began 12 ms before the cut was done, returned 0 8 ms after it). A 250 of that moment is counted apart and printed.
"""
import collections
import hashlib
import importlib.util
import os
import random
import subprocess
import sys
import time
import unittest
from pathlib import Path

import mounts
import results
from gateway import REPOSITORY, wait_until
from scene import below_trace
from stage import Stage, temporary_folder
from test_crash import SENDERS, Load

TOOL = Path(os.environ.get("POSTERN_SHARED", REPOSITORY.parent / "shared")) / "tools" / "powercut.py"
FULL = os.environ.get("POSTERN_FULL") == "1"
CUTS = 50 if FULL else 3
BUSY = 0.01  # seconds that the recipient's server takes after the dot


def cut(folder):
    """In this process, so that its moment is known: (began, done)."""
    spec = importlib.util.spec_from_file_location("powercut", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    began = time.monotonic()
    tool.cut(str(folder))
    return began, time.monotonic()


def power(command, folder, *more):
    return subprocess.run([sys.executable, TOOL, command, folder, *more], capture_output=True, text=True)


class PowerCut(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0 or not TOOL.exists():
            self.skipTest(f"needs root and {TOOL}")
        mounts.apart()
        self.folder = temporary_folder(self.addCleanup)
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        if (mounted := power("mount", self.disk)).returncode != 0:
            self.skipTest("no loop mounts here: " + mounted.stderr.strip().splitlines()[-1])
        self.addCleanup(power, "umount", self.disk)
        self.stage = Stage(self.folder)
        self.addCleanup(self.stage.close)
        self.sink = self.stage.open("good.example", busy=BUSY)
        self.gateway = self.stage.gateway(state=self.disk / "m" / "state", start=False)
        self.gateway.event_file = self.disk / "m" / "events.jsonl"  # goes back in time together with the spool
        self.gateway.write_configuration()
        self.gateway.start()
        self.addCleanup(self.gateway.stop)

    def test_what_was_answered_250_outlives_the_power(self):
        seed = int(os.environ.get("POSTERN_SEED", random.randrange(2**32)))
        chance = random.Random(seed)
        began = time.monotonic()
        kept, too_late, waiting = {}, {}, []
        for number in range(CUTS):
            load = [Load(self.gateway, f"{number}-{i}") for i in range(SENDERS)]
            for one in load:
                one.start()
            time.sleep(chance.uniform(0.2, 1.4))
            answered = lambda: sum(len(one.kept) for one in load)
            self.sink.busy, before = 5.0, answered()  # mail that is taken in from here on is on this disk alone when the power goes
            self.assertTrue(wait_until(lambda: answered() >= before + 3, pause=0.02), "nothing is answered 250 any more")
            off, _ = cut(self.disk)
            self.gateway.kill()
            self.sink.busy = BUSY
            for one in load:
                one.join(30)
                for digest, identity in one.kept.items():
                    (kept if one.heard[digest] < off else too_late)[digest] = identity
            waiting.append(len(set(kept) - set(self.arrived())))
            self.assertEqual((again := power("remount", self.disk)).returncode, 0, again.stderr)
            self.gateway.start()
        self.assertTrue(wait_until(lambda: not self.gateway.queue(), timeout=120, pause=0.5), "the queue did not drain")
        arrived = self.arrived()
        twice = sum(count > 1 for count in arrived.values())
        lost = [identity for digest, identity in kept.items() if digest not in arrived]
        print(f"seed {seed}: {len(kept)} answered 250, {sum(arrived.values())} arrived, {twice} twice, {len(too_late)} 250 after the power was off, on disk alone at the cuts: {waiting} ",
              end="")
        if FULL:
            results.write("powercut", seed=seed, cuts=CUTS, seconds=round(time.monotonic() - began), answered_250=len(kept),
                          arrived=sum(arrived.values()), lost=len(lost), twice=twice, answered_250_after_the_power_was_off=len(too_late),
                          of_these_lost=sum(digest not in arrived for digest in too_late), only_on_disk_at_each_cut=waiting)
        self.assertEqual(lost, [])
        self.assertGreater(min(waiting), 0, "nothing waited when the power went: the test proves nothing")

    def arrived(self):
        return collections.Counter(hashlib.sha256(below_trace(message.body)).hexdigest() for message in list(self.sink.messages))


if __name__ == "__main__":
    unittest.main()
