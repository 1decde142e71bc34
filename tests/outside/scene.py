"""The scene of most outside tests: a gateway, a recipient with good TLS, one without TLS, and the senders' own server.

    class Something(Scene):                       # once a class: `self.gateway`, `self.good`, `self.plain`, `self.home`
        def test_…(self): self.exchange(body) …   # `self.stage.open(domain, …)` for more servers
"""
import unittest

from gateway import POLICY, Ended, wait_until
from sender import queue_id
from stage import temporary_stage

ANN, BOB = "ann@clinic.example", "bob@good.example"


def below_trace(body):
    """A relayed message without the one Received field that the gateway put on top."""
    assert body.startswith(b"Received: "), body[:80]
    end = body.index(b"\r\n")
    while body[end + 2:end + 3] in (b" ", b"\t"):
        end = body.index(b"\r\n", end + 2)
    return body[end + 2:]


def letter(text=b"Hello\r\n", subject=b"Lunch", sender=ANN.encode(), extra=b""):
    return b"From: <" + sender + b">\r\nSubject: " + subject + b"\r\n" + extra + b"\r\n" + text


class Refusals(unittest.TestCase):
    """Of a posternd, `self.gateway`, that must not start."""

    def ends(self, code, *words):
        """One line on standard error with these words, and that exit code."""
        with self.assertRaises(Ended) as caught:
            self.gateway.start()
            self.gateway.stop()
        self.assertEqual(caught.exception.code, code, caught.exception.said)
        lines = caught.exception.said.strip().splitlines()
        self.assertEqual(len(lines), 1, lines)
        for word in words:
            self.assertIn(word, lines[0])


class Scene(unittest.TestCase):
    """The listener m365 mends a bare LF in BDAT; strict refuses it."""
    listeners = ("m365", "strict")
    policy = POLICY

    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.authority, cls.port, cls.dns = cls.stage.authority, cls.stage.port, cls.stage.dns
        cls.good = cls.stage.open("good.example")
        cls.plain = cls.stage.open("plain.example", certificate=None)
        cls.home = cls.stage.sinks["clinic.example"]
        cls.gateway = cls.stage.gateway(listeners=cls.listeners, policy=cls.policy, start=False)
        cls.gateway.listener = {"strict": {"bdat_bare_lf": '"refuse"'}}
        cls.gateway.write_configuration()
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop)

    def exchange(self, body, to=(BOB,), sender=ANN, listener="m365", chunks=None):
        with self.gateway.sender(listener) as connection:
            return connection.send(sender, list(to), body, chunks=chunks)

    def arrives(self, sink, before, count=1):
        self.assertTrue(sink.wait(before + count), "the message did not arrive")
        return sink.messages[before]

    def arrived_as(self, reply):
        """The message at the good server that a 250 promised, found by the queue id in our trace field; it is there once."""
        number = queue_id(reply).encode()

        def found():
            return [message for message in self.good.messages if number in message.body[:1000]]
        self.assertTrue(wait_until(found, timeout=20), "the message did not arrive")
        (message,) = found()
        return message
