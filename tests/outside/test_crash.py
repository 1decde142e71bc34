"""250 means kept: kill -9 at random moments under load, then everything that was answered 250 is delivered, by its hash.

Each round sends from several connections while the process is killed; after the restart the queue must drain to empty. A duplicate
is allowed only where the gateway says so: an attempt whose final dot had begun when the end came. The seed is printed; set
POSTERN_SEED to repeat it. Rounds: 20, or 200 with POSTERN_FULL=1.
"""
import collections
import hashlib
import os
import random
import shutil
import tempfile
import threading
import time
import unittest
from pathlib import Path

from gateway import wait_until
from scene import ANN, BOB, below_trace, letter
from sender import queue_id
from stage import Stage

ROUNDS = 200 if os.environ.get("POSTERN_FULL") == "1" else 20
SENDERS = 4


class Load(threading.Thread):
    """Sends until the connection breaks; `kept` holds the hash of each body that was answered 250."""

    def __init__(self, gateway, label):
        super().__init__(daemon=True)
        self.gateway, self.label, self.kept = gateway, label, {}

    def run(self):
        number = 0
        try:
            with self.gateway.sender() as connection:
                while True:
                    number += 1
                    # Every tenth is larger than a chunk, so that kills also meet half-written bodies.
                    size = 300_000 if number % 10 == 0 else 2_000
                    body = letter(f"{self.label}-{number}\r\n".encode() + (b"y" * 70 + b"\r\n") * (size // 72))
                    reply = connection.send(ANN, [BOB], body)[-1]
                    if reply.code == 250:
                        self.kept[hashlib.sha256(body).hexdigest()] = queue_id(reply)
        except Exception:  # the kill: whatever was under way was not answered
            pass


class Crash(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="postern-crash-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.stage = Stage(self.folder)
        self.addCleanup(self.stage.close)
        self.sink = self.stage.open("good.example", busy=0.01)
        self.gateway = self.stage.gateway()
        self.addCleanup(self.gateway.stop)

    def test_twenty_kills_lose_nothing(self):
        seed = int(os.environ.get("POSTERN_SEED", random.randrange(2**32)))
        chance = random.Random(seed)
        print(f"seed {seed} ", end="")
        kept, moments = {}, collections.Counter()
        for round_number in range(ROUNDS):
            load = [Load(self.gateway, f"{round_number}-{i}") for i in range(SENDERS)]
            for one in load:
                one.start()
            time.sleep(chance.uniform(0.05, 0.6))
            delivered_before = len(self.sink.messages)
            self.gateway.kill()
            for one in load:
                one.join(30)
                kept.update(one.kept)
            moments["while delivering" if len(kept) > delivered_before else "queue empty"] += 1
            self.gateway.start()
        self.assertTrue(wait_until(lambda: self.gateway.run("status", json_answer=True)["messages"] == 0, timeout=120, pause=0.5),
                        "the queue did not drain")
        self.check(kept, moments)

    def check(self, kept, moments):
        arrived = collections.Counter(hashlib.sha256(below_trace(m.body)).hexdigest() for m in self.sink.messages)
        lost = [identity for digest, identity in kept.items() if digest not in arrived]
        twice = [digest for digest, count in arrived.items() if count > 1]
        named = {event["queue_id"] for event in self.gateway.events(event="duplicate")}
        unnamed = [digest for digest in twice if digest in kept and kept[digest] not in named]
        print(f"{len(kept)} answered 250, {sum(arrived.values())} arrived, {len(twice)} twice, kills {dict(moments)} ", end="")
        self.assertEqual(lost, [])
        self.assertEqual(unnamed, [], "duplicates that the event log does not name")
        self.assertGreater(len(kept), ROUNDS)


if __name__ == "__main__":
    unittest.main()
