"""250 means kept: kill -9 at random moments under load, then everything that was answered 250 is delivered, by its hash.

Each round sends from several connections while the process is killed; after the restart the queue must drain to empty. A duplicate
is allowed only where the gateway says so: an attempt whose final dot had begun when the end came. The seed is printed; set
POSTERN_SEED to repeat it. Rounds: 20, or 200 with POSTERN_FULL=1.

What the kills met is counted by the step of docs/message-life.md in which each message was, as the sender, the receiving server and
the events saw it. The steps with a star last some milliseconds only, so that each is sure to be met in the long form alone:

    receiving    its body was on the way in                   attempting   its own final dot was on the way out
    committing   its final dot was sent, and it is not kept   removing *   the next hop had answered, and it was still in the spool
    answering *  it is kept, and nobody heard a 250           removed *    its removal was on disk for 0.1 s at most
    waiting      250 was said, no attempt under way
"""
import collections
import datetime
import hashlib
import os
import random
import re
import threading
import time
import unittest

import results
from gateway import wait_until
from scene import ANN, BOB, below_trace, letter
from sender import queue_id
from stage import temporary_stage

FULL = os.environ.get("POSTERN_FULL") == "1"
ROUNDS = 200 if FULL else 20
STEPS = ("receiving", "committing", "waiting", "attempting") + (("answering", "removing", "removed") if FULL else ())
SENDERS = 4


class Load(threading.Thread):
    """Sends until the connection breaks; `kept` holds the hash of each body that was answered 250, `step` where it ended."""

    def __init__(self, gateway, label):
        super().__init__(daemon=True)
        self.gateway, self.label, self.kept, self.heard, self.step = gateway, label, {}, {}, "between"

    def run(self):
        number = 0
        try:
            with self.gateway.sender() as connection:
                while True:
                    number += 1
                    # Every fourth is larger than some chunks and all socket buffers, so that kills also meet half-written bodies.
                    size = 3_000_000 if number % 4 == 0 else 2_000
                    body = letter(f"{self.label}-{number}\r\n".encode() + (b"y" * 70 + b"\r\n") * (size // 72))
                    connection.envelope(ANN, [BOB], pipelining=True)
                    self.step = "receiving"
                    reply = connection.data(body, sent=self.body_is_out)[-1]
                    self.step = "between"
                    if reply.code == 250:
                        digest = hashlib.sha256(body).hexdigest()
                        self.kept[digest], self.heard[digest] = queue_id(reply), time.monotonic()
        except Exception:  # the kill: whatever was under way was not answered
            pass

    def body_is_out(self):
        self.step = "committing"


class Crash(unittest.TestCase):
    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.sink = self.stage.open("good.example", busy=0.01)
        self.gateway = self.stage.gateway()
        self.addCleanup(self.gateway.stop)

    def test_kills_lose_nothing(self):
        seed = int(os.environ.get("POSTERN_SEED", random.randrange(2**32)))
        chance = random.Random(seed)
        print(f"seed {seed} ", end="")
        began = time.monotonic()
        kept, killed_at, met = {}, [], collections.Counter()
        for round_number in range(ROUNDS):
            load = [Load(self.gateway, f"{round_number}-{i}") for i in range(SENDERS)]
            for one in load:
                one.start()
            time.sleep(chance.uniform(0.05, 0.6))
            if round_number % 4 == 0:  # by chance alone a fast machine may never be met at it
                wait_until(lambda: any(one.step == "receiving" for one in load), timeout=2, pause=0.001)
            self.gateway.kill()
            killed_at.append(time.time())
            for one in load:
                one.join(30)
                kept.update(one.kept)
                met[one.step] += 1
            self.gateway.start()
        self.assertTrue(wait_until(lambda: self.gateway.run("status", json_answer=True)["messages"] == 0, timeout=120, pause=0.5),
                        "the queue did not drain")
        answering = sum(1 for _ in self.unheard(kept, killed_at))
        met["answering"] = answering
        met["committing"] -= answering
        met.update(self.steps_of_kept_messages(kept, killed_at))
        self.check(seed, kept, met, time.monotonic() - began)

    def unheard(self, kept, killed_at):
        """Messages that were kept although a kill came before the sender heard of it."""
        heard = set(kept.values())
        for event in self.gateway.events(event="accepted"):
            if event["queue_id"] not in heard and any(0 <= moment - seconds(event) < 5 for moment in killed_at):
                yield event["queue_id"]

    def steps_of_kept_messages(self, kept, killed_at):
        """In which step each kill found each message that was ours then, by what the gateway wrote before the kill."""
        lives = collections.defaultdict(list)
        for event in self.gateway.events():
            if event.get("queue_id") in kept.values():
                lives[event["queue_id"]].append((seconds(event), event["event"]))
        answered = collections.defaultdict(list)  # when the next hop had each
        for message in self.sink.messages:
            answered[re.search(rb"\b[0-9A-HJKMNP-TV-Z]{26}\b", message.body[:1000]).group().decode()].append(message.at)
        for moment in killed_at:
            for number, life in lives.items():
                at, last = ([one for one in life if one[0] < moment] or [(0, "")])[-1]
                if last == "attempting":
                    yield "removing" if any(at <= had < moment for had in answered[number]) else "attempting"
                elif last in ("accepted", "deferred", "uncertain"):
                    yield "waiting"
                elif last == "delivered" and moment - at <= 0.1:
                    yield "removed"

    def check(self, seed, kept, met, lasted):
        arrived = collections.Counter(hashlib.sha256(below_trace(m.body)).hexdigest() for m in self.sink.messages)
        lost = [identity for digest, identity in kept.items() if digest not in arrived]
        twice = [digest for digest, count in arrived.items() if count > 1]
        named = {event["queue_id"] for event in self.gateway.events(event="duplicate")}
        unnamed = [digest for digest in twice if digest in kept and kept[digest] not in named]
        print(f"{len(kept)} answered 250, {sum(arrived.values())} arrived, {len(twice)} twice, kills met {dict(met)} ", end="")
        if FULL:
            results.write("crash", seed=seed, kills=ROUNDS, seconds=round(lasted), answered_250=len(kept), arrived=sum(arrived.values()),
                          lost=len(lost), twice=len(twice), twice_without_event=len(unnamed), messages_met_by_kills=dict(met))
        self.assertEqual(lost, [])
        self.assertEqual(unnamed, [], "duplicates that the event log does not name")
        self.assertGreater(len(kept), ROUNDS)
        for step in STEPS:
            if step == "answering" and not FULL:
                continue  # some milliseconds wide: 20 kills may miss it, 200 do not
            self.assertGreater(met[step], 0, f"no kill met a message while {step}: the test proves less than it says")


def seconds(event):
    return datetime.datetime.fromisoformat(event["time"]).timestamp()


if __name__ == "__main__":
    unittest.main()
