"""The scene of most outside tests: a gateway, a recipient with good TLS, one without TLS, and the senders' own server.

    class Something(Scene):                       # once a class: `self.gateway`, `self.good`, `self.plain`, `self.home`
        def test_…(self): self.exchange(body) …
"""
import shutil
import tempfile
import unittest
from pathlib import Path

from certs import Authority
from dns import Dns
from gateway import Gateway, free_port
from sink import Sink

ZONE = {
    "good.example": {"MX": [(10, "mx.good.example")]}, "mx.good.example": {"A": ["127.0.0.21"]},
    "plain.example": {"MX": [(10, "mx.plain.example")]}, "mx.plain.example": {"A": ["127.0.0.22"]},
    "clinic.example": {"MX": [(10, "mx.clinic.example")]}, "mx.clinic.example": {"A": ["127.0.0.23"]},
    "scripted.example": {"MX": [(10, "mx.scripted.example")]}, "mx.scripted.example": {"A": ["127.0.0.24"]},
}
ANN, BOB = "ann@clinic.example", "bob@good.example"


def below_trace(body):
    """A relayed message without the one Received field that the gateway put on top."""
    assert body.startswith(b"Received: "), body[:80]
    end = body.index(b"\r\n")
    while body[end + 2:end + 3] in b" \t":
        end = body.index(b"\r\n", end + 2)
    return body[end + 2:]


def letter(text=b"Hello\r\n", subject=b"Lunch", sender=ANN.encode(), extra=b""):
    return b"From: <" + sender + b">\r\nSubject: " + subject + b"\r\n" + extra + b"\r\n" + text


class Scene(unittest.TestCase):
    listeners = ("m365", "strict")

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="postern-test-"))
        cls.authority = Authority(cls.folder / "certs")
        cls.port = free_port()
        cls.good = Sink("127.0.0.21", cls.port, certificate=cls.authority.server("mx.good.example"))
        cls.plain = Sink("127.0.0.22", cls.port)
        cls.home = Sink("127.0.0.23", cls.port, certificate=cls.authority.server("mx.clinic.example"))
        cls.dns = Dns(ZONE)
        cls.gateway = Gateway(cls.folder / "gateway", cls.authority, cls.dns.address, cls.port, listeners=cls.listeners, start=False)
        cls.gateway.bdat_bare_lf = {"strict": "refuse"}
        cls.gateway.write_configuration()
        cls.gateway.start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        for sink in (cls.good, cls.plain, cls.home):
            sink.close()
        cls.dns.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def exchange(self, body, to=(BOB,), sender=ANN, listener="m365", chunks=None):
        with self.gateway.sender(listener) as connection:
            return connection.send(sender, list(to), body, chunks=chunks)

    def arrives(self, sink, before, count=1):
        self.assertTrue(sink.wait(before + count), "the message did not arrive")
        return sink.messages[before]
