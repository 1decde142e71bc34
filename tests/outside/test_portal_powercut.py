"""The power of the portal's disk goes while mail is deposited, and what was reported before that is so afterwards: a link that somebody was told
opens, one that was recalled does not. A notice tells of a deposit, so no notice may be without its own. The portal's state is on a loop-mounted ext4 (test_powercut.py says how, and what is counted apart);
posternd's spool is on another disk, which keeps its power. The long form (POSTERN_FULL=1) cuts 30 times.
"""
import os
import random
import threading
import time
import unittest

import mounts
import results
from crowd import FULL
from gateway import wait_until
from portal_scene import PortalScene, words_of
from scene import ANN, letter
from test_powercut import TOOL, cut, power
from wire import Closed

CUTS, SENDERS = 30 if FULL else 3, 3
DISK, PAUSE = "2048", 0.1  # MB (of a sparse file), and seconds between a sender's messages: nothing leaves this store, and all of 30 cuts has room in it


class PowerCut(PortalScene):
    def setUp(self):
        if os.geteuid() != 0 or not TOOL.exists():
            self.skipTest(f"needs root and {TOOL}")
        mounts.apart()
        super().setUp()
        self.disk = self.stage.folder / "disk"
        self.disk.mkdir()
        if (mounted := power("mount", self.disk, DISK)).returncode != 0:
            self.skipTest("no loop mounts here: " + mounted.stderr.strip().splitlines()[-1])
        self.addCleanup(power, "umount", self.disk)
        self.addCleanup(self.portal.stop)
        self.portal.state = self.disk / "m" / "state"
        self.portal.state.mkdir()
        self.portal.configure()
        self.begin()
        self.kept, self.recalled, self.ending = set(), set(), False
        self.found, self.read = {}, 0

    def press(self, label):
        """Mail, one after the other, as long as the test goes on."""
        number = 0
        while not self.ending:
            number += 1
            recipient = f"{label}-{number}@lab.example"
            try:
                with self.gateway.sender() as exchange:
                    body = letter((b"x" * 70 + b"\r\n") * (5_000 if number % 20 == 0 else 10), subject=b"[secure] x")
                    if exchange.send(ANN, [recipient], body)[-1].code == 250:
                        self.kept.add(recipient)
            except (OSError, Closed):
                pass
            time.sleep(PAUSE)

    def told(self):
        """{recipient: [(when, path)]}: each notice is read once, for this is asked often and they are thousands."""
        for message in self.lab.messages[self.read:]:
            self.found.setdefault(message.recipients[0], []).append((message.at, self.portal.path_in(words_of(message))))
            self.read += 1
        return self.found

    def recall_one(self, chance):
        """What the operator was told is over."""
        told = self.told().keys() - self.recalled
        waiting = [one for one in self.gateway.run("portal", "list", json_answer=True)["pickups"] if one["recipient"] in told]
        one = chance.choice(waiting)
        if self.gateway.run("portal", "recall", one["id"], "--recipient", one["recipient"], json_answer=True)["ok"]:
            self.recalled.add(one["recipient"])

    def status(self, number, path):
        return self.portal.visitor(f"127.0.4.{1 + number // 50}").get(path).status

    def test_what_was_reported_outlives_the_power(self):
        seed = int(os.environ.get("POSTERN_SEED", random.randrange(2**32)))
        chance, began = random.Random(seed), time.monotonic()
        load = [threading.Thread(target=self.press, args=(f"r{i}",), daemon=True) for i in range(SENDERS)]
        for one in load:
            one.start()
        sound, here_alone, off = set(), [], []
        for _ in range(CUTS):
            before = len(self.lab.messages)
            self.assertTrue(wait_until(lambda: len(self.lab.messages) >= before + 5, 60), "nobody is told any more")
            time.sleep(chance.uniform(0, 1))
            self.recall_one(chance)
            by_the_clock = time.time() - time.monotonic()
            started, done = (moment + by_the_clock for moment in cut(self.disk))
            off.append((started, done))
            self.portal.kill()
            told = {one for one, notices in self.told().items() if notices[0][0] < started}
            here_alone.append(len(told - sound - self.recalled))
            sound |= told
            self.assertEqual((again := power("remount", self.disk)).returncode, 0, again.stderr)
            self.portal.start()
        self.ending = True
        for one in load:
            one.join(60)
        self.assertTrue(wait_until(lambda: self.kept <= self.told().keys() and not self.gateway.queue(), 120, 0.2), f"seed {seed}: some were not told")
        lost, late, back = [], [], []
        for number, (recipient, notices) in enumerate(self.told().items()):
            status = self.status(number, notices[0][1])
            if recipient in self.recalled:
                back += [recipient] * (status != 404)
            elif status != 200:
                apart = any(began_off <= notices[0][0] <= done + 1 for began_off, done in off)
                (late if apart else lost).append(recipient)
        print(f"seed {seed}: {len(self.kept)} answered 250, {len(self.recalled)} recalled, {len(late)} of the moment of a cut lost, on this disk alone at the cuts: {here_alone} ",
              end="", flush=True)
        if FULL:
            results.write("portal-powercut", seed=seed, cuts=CUTS, seconds=round(time.monotonic() - began), answered_250=len(self.kept), told=len(self.told()),
                          lost=len(lost), recalled=len(self.recalled), recalled_and_back=len(back), lost_of_the_moment_of_a_cut=len(late), only_on_disk_at_each_cut=here_alone)
        self.assertEqual((lost, back), ([], []), f"seed {seed}")
        self.assertGreater(min(here_alone), 0, "nothing was on this disk alone when the power went: the test proves nothing")


if __name__ == "__main__":
    unittest.main()
