"""kill -9 at random moments while mail is being sealed: each message that was answered 250 arrives, sealed, and twice only where the event
log says so, then byte for byte; nothing of its text is in a file. test_crash.py does the same with mail as it came. The seed is printed; POSTERN_SEED repeats it.
Rounds: 5, or 40 with POSTERN_FULL=1."""
import collections
import os
import random
import re
import threading
import time
import unittest

import results
from gateway import wait_until
from mail_keys import SmimePerson
from scene import ANN
from sealing_scene import armour_of, below_trace, entity_of, letter
from sender import queue_id
from test_sealed_failures import Failing

FULL = os.environ.get("POSTERN_FULL") == "1"
ROUNDS = 40 if FULL else 5


class Load(threading.Thread):
    """Until the connection breaks; `kept`: {queue id: entity} of what was answered 250."""

    def __init__(self, gateway, to, text):
        super().__init__(daemon=True)
        self.gateway, self.to, self.text, self.kept = gateway, to, text, {}

    def run(self):
        number = 0
        try:
            with self.gateway.sender() as connection:
                while True:
                    number += 1
                    lines = 10_000 if number % 2 == 0 else 20  # long ones, so that a kill meets them while they are sealed
                    body = letter(self.to, text=os.urandom(8).hex().encode() + b" " + self.text + (b"y" * 70 + b"\r\n") * lines)
                    reply = connection.send(ANN, [self.to], body)[-1]
                    if reply.code == 250:
                        self.kept[queue_id(reply).encode()] = entity_of(body)
                    time.sleep(0.05)  # opening them all again takes its time
        except Exception:  # the kill: whatever was under way was not answered
            pass


class SealedCrash(Failing):
    def test_kills_lose_nothing_and_bare_nothing(self):
        seed = int(os.environ.get("POSTERN_SEED", random.randrange(2**32)))
        chance = random.Random(seed)
        self.began_at = time.monotonic()
        self.begin()
        people = {self.smime: self.smime_person(), self.pgp: self.pgp_person()}
        self.knows(*people.values())
        kept, sealing = {}, 0
        for _ in range(ROUNDS):
            loads = [Load(self.gateway, person.address, self.text()) for person in people.values()]
            for load in loads:
                load.start()
            time.sleep(chance.uniform(0.3, 1.2))
            self.gateway.kill()
            arrived = self.ids()
            for load in loads:
                load.join(30)
                kept |= load.kept
                sealing += sum(1 for number in load.kept if number not in arrived)
            self.gateway.start()
        self.assertTrue(wait_until(lambda: not self.gateway.queue(), 120, 0.5), "the queue did not drain")
        arrived = self.ids()
        lost = [number for number in kept if number not in arrived]
        twice = {number for number, count in arrived.items() if count > 1}
        named = {event["queue_id"].encode() for event in self.gateway.events(event="duplicate")}
        forms = collections.defaultdict(set)
        for sink, person in people.items():
            for message in sink.messages:
                number, plain = id_of(message), self.opened(person, message.body)
                forms[number].add(below_trace(message.body))
                if number in kept:
                    self.assertEqual(plain, kept[number])
        print(f"seed {seed}: {len(kept)} answered 250, {sealing} of them not delivered when the kill came, {len(twice)} twice ", end="")
        if FULL:
            results.write("sealed-crash", seed=seed, kills=ROUNDS, seconds=round(time.monotonic() - self.began_at), answered_250=len(kept),
                          waiting_at_a_kill=sealing, lost=len(lost), twice=len(twice), twice_without_event=len(twice - named))
        self.assertEqual(lost, [])
        self.assertEqual(twice - named, set(), "duplicates that the event log does not name")
        self.assertEqual([number for number in twice if len(forms[number]) > 1], [], "came twice, and not byte for byte")
        self.assertGreater(sealing, ROUNDS // 3, "the kills met too little: the test proves less than it says")

    def ids(self):
        return collections.Counter(id_of(message) for sink in (self.smime, self.pgp) for message in list(sink.messages))

    def opened(self, person, body):
        return person.opens(body) if isinstance(person, SmimePerson) else person.opens(armour_of(body))[0]


def id_of(message):
    return re.search(rb"\b[0-9A-HJKMNP-TV-Z]{26}\b", message.body[:1000]).group()


if __name__ == "__main__":
    unittest.main()
