"""Kills of both processes while mail is deposited: what was answered 250 is told and can be fetched, and no notice leads nowhere.

The long form (POSTERN_FULL=1) kills 100 times."""
import os
import random
import threading
import time
import unittest

import results
from crowd import FULL
from gateway import wait_until
from portal_scene import PortalScene, words_of
from scene import ANN, letter
from wire import Closed

KILLS = 100 if FULL else 12


class Kills(PortalScene):
    def setUp(self):
        super().setUp()
        self.begin()
        self.kept, self.number, self.ending = set(), 0, False

    def press(self):
        """Mail, one after the other, of one chunk or several, as long as the test goes on."""
        while not self.ending:
            self.number += 1
            recipient = f"r{self.number}@lab.example"
            try:
                with self.gateway.sender() as exchange:
                    body = letter(f"number {self.number}\r\n".encode() + (b"x" * 70 + b"\r\n") * self.chance.choice((1, 1, 10_000)), subject=b"[secure] x")
                    if exchange.send(ANN, [recipient], body)[-1].code == 250:
                        self.kept.add(recipient)
            except (OSError, Closed):
                time.sleep(0.05)

    def test_what_was_answered_250_can_be_fetched_and_no_notice_leads_nowhere(self):
        seed = int(os.environ.get("POSTERN_SEED", random.randrange(2**32)))
        self.chance = random.Random(seed)
        pressing = threading.Thread(target=self.press, daemon=True)
        pressing.start()
        for _ in range(KILLS):
            time.sleep(self.chance.uniform(0.05, 0.6))
            victim = self.chance.choice((self.portal, self.gateway))
            victim.kill()
            victim.start()
        self.ending = True
        pressing.join(60)
        self.assertTrue(self.kept)
        told = lambda: {message.recipients[0] for message in list(self.lab.messages)}
        self.assertTrue(wait_until(lambda: self.kept <= told() and not self.gateway.queue(), 120, 0.2),
                        f"seed {seed}: not told: {sorted(self.kept - told())[:5]}")
        for number, message in enumerate(list(self.lab.messages)):
            visitor = self.portal.visitor(f"127.0.0.{1 + number // 50}")
            page = visitor.get(self.portal.path_in(words_of(message)))
            self.assertEqual(page.status, 200, f"seed {seed}: {message.recipients[0]} was told of nothing")
        twice = len(self.lab.messages) - len(told())
        print(f"seed {seed}, {KILLS} kills, {len(self.kept)} messages, {twice} told twice ", end="", flush=True)
        if FULL:
            results.write("portal-crash", seed=seed, kills=KILLS, messages=len(self.kept), told_twice=twice)


if __name__ == "__main__":
    unittest.main()
