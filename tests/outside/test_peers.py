"""Servers that misbehave: every row of cases/smtp/outbound-peer-behaviour.jsonl, as the server of a domain of its own, once for mail
that policy protects and once for mail that it does not.

Protected: never a MAIL FROM outside TLS; delivered inside it, or waiting or held with a reason in the log. Not protected: an end or a
retry, soon; where it is delivered, the event says truly whether TLS was used.
"""
import collections
import json
import os
import unittest
from pathlib import Path

from gateway import REPOSITORY, wait_until
from scene import Scene, letter
from sender import queue_id

CASES = Path(os.environ.get("POSTERN_SHARED", REPOSITORY.parent / "shared")) / "cases" / "smtp" / "outbound-peer-behaviour.jsonl"
OUTCOMES = ("delivered", "deferred", "held", "bounced")


class Peers(Scene):
    @classmethod
    def setUpClass(cls):
        if not CASES.exists():
            raise unittest.SkipTest(f"{CASES} is missing: set POSTERN_SHARED")
        super().setUpClass()
        cls.rows = [json.loads(line) for line in CASES.read_text().splitlines()[1:]]
        pair = cls.authority.server("peers", names=["*.example"] + [f"mx.case-{number}.example" for number in range(len(cls.rows))])
        cls.peers = [cls.stage.open_as_case(f"case-{number}.example", row, pair) for number, row in enumerate(cls.rows)]

    def outcomes(self, subject, enough):
        """Sends one letter to each; the last event of each, once `enough(events)` holds for all of them."""
        ids = []
        with self.gateway.sender() as connection:
            for number in range(len(self.rows)):
                reply = connection.send("ann@clinic.example", [f"bob@case-{number}.example"], letter(subject=subject))[-1]
                self.assertEqual(reply.code, 250, reply.text)
                ids.append(queue_id(reply))

        def found():
            events = collections.defaultdict(list)
            for event in self.gateway.events():
                if event["event"] in OUTCOMES:
                    events[event.get("queue_id")].append(event)
            return [events[number] for number in ids]
        self.assertTrue(wait_until(lambda: all(map(enough, found())), timeout=45, pause=0.3), "a peer holds a message up")
        last = [events[-1] for events in found()]
        print(dict(collections.Counter(event["event"] for event in last)), end=" ")
        return last

    def test_mail_that_must_be_protected(self):
        # Two tries of each that is not delivered: the second could be the weaker one.
        outcomes = self.outcomes(b"[secure] Results", lambda events: len(events) > 1 or any(e["event"] == "delivered" for e in events))
        for row, peer, event in zip(self.rows, self.peers, outcomes):
            with self.subTest(row["case"]):
                self.assertEqual(peer.mail_in_clear, [])
                tls = [message.tls for message in peer.messages]
                if event["event"] == "delivered":
                    self.assertTrue(tls and all(tls) and event["tls"]["verified"])
                else:
                    self.assertEqual(tls, [])
                    self.assertIn(event["event"], ("deferred", "held"))
                    self.assertTrue(event["reason"])
                if row["expect_tls_required"].startswith("delivered"):
                    self.assertEqual(event["event"], "delivered")
                if "Buffering" in row["case"]:
                    self.assertNotEqual(event["event"], "delivered", "what came in the clear was taken as said inside TLS")

    def test_mail_that_needs_no_protection(self):
        before = [len(peer.messages) for peer in self.peers]
        for row, peer, count, event in zip(self.rows, self.peers, before, self.outcomes(b"Lunch", bool)):
            with self.subTest(row["case"]):
                self.assertIn(event["event"], ("delivered", "deferred", "bounced"))
                new = [message for message in peer.messages[count:] if b"Subject: Lunch" in message.body]
                self.assertEqual(len(new), 1 if event["event"] == "delivered" else 0)
                if event["event"] == "delivered":
                    self.assertEqual(bool(new[0].tls), "tls" in event)
                else:
                    self.assertTrue(event["reason"])


class OtherHosts(Scene):
    def delivered(self, to, subject=b"[secure] Results"):
        reply = self.exchange(letter(subject=subject), to=[to])[-1]
        self.assertEqual(reply.code, 250, reply.text)
        (event,) = self.gateway.wait_for(queue_id=queue_id(reply), event="delivered") or [None]
        self.assertIsNotNone(event, "it was not delivered")
        return event

    def two_hosts(self, domain, first, second):
        """A domain whose mail servers are those of two others, in this order."""
        self.stage.zone[domain] = {"MX": [(10, "mx." + first), (20, "mx." + second)]}

    def test_a_server_that_greylists_gets_it_at_the_second_try(self):
        sink = self.stage.open("grey.example", greylist=True)
        self.assertEqual(self.delivered("x@grey.example")["attempt"], 2)
        self.assertEqual(len(sink.messages), 1)

    def test_the_next_host_is_tried_where_one_cannot_protect(self):
        self.two_hosts("mixed.example", "plain.example", "good.example")
        event = self.delivered("x@mixed.example")
        self.assertEqual((event["host"], event["attempt"]), ("mx.good.example", 1))
        self.assertEqual(self.plain.mail_in_clear, [])

    def test_the_next_host_is_tried_where_one_is_down(self):
        self.stage.name("asleep.example")
        self.two_hosts("half.example", "asleep.example", "good.example")
        self.assertEqual(self.delivered("x@half.example")["host"], "mx.good.example")

    def test_a_host_that_is_down_proves_nothing_about_tls(self):
        self.stage.name("asleep.example")
        self.two_hosts("weak.example", "asleep.example", "plain.example")
        reply = self.exchange(letter(subject=b"[secure] Results"), to=["x@weak.example"])[-1]
        identity = queue_id(reply)
        self.assertEqual(len(self.gateway.wait_for(queue_id=identity, event="deferred", count=4)[:4]), 4)  # well past proof_gap
        self.assertEqual(self.gateway.events(queue_id=identity, event="held"), [])
        self.assertEqual(self.plain.mail_in_clear, [])
        self.assertEqual(self.gateway.run("queue", "delete", identity).returncode, 0)
