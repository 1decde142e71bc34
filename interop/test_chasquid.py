"""chasquid as the recipient's server, and as one that has the gateway for the MX of every domain."""
import os
import unittest

from chasquid import LOGIN, Chasquid, receiving, sending
from checks import NO_CERTIFICATE, Receives, Sends, wait_until
from dns import Dns
from sender import Sender


class ChasquidReceives(Receives, unittest.TestCase):
    adds = {"received", "received-spf"}

    @classmethod
    def open_peer(cls, address, port, certificate):
        return Chasquid(cls.stage.folder / "peer", address, port, receiving("real.example"), certificate, hostname="mx.real.example")


class ChasquidSends(Sends, unittest.TestCase):
    origin = "network,mail-from,from"

    @classmethod
    def open_gateway(cls):
        return cls.gateway_with(NO_CERTIFICATE)

    @classmethod
    def open_peer(cls, address, port, gateway):
        # Port 53 is the only one that it asks, so the address is this process's own.
        resolver = f"127.{os.getpid() // 250 % 200 + 50}.{os.getpid() % 250}.53"
        dns = Dns({"real.example": {"MX": [(10, "gw.clinic.example")]}, "gw.clinic.example": {"A": ["127.0.0.1"]}}, resolver, 53)
        cls.addClassCleanup(dns.close)
        return Chasquid(cls.stage.folder / "peer", address, port, sending(), cls.stage.authority.server("mail.clinic.example"),
                        authority=cls.stage.authority.certificate, resolver=resolver, outgoing_port=gateway.ports["m365"])

    def connect(self):
        connection = Sender(self.peer.address, self.peer.port, authority=self.stage.authority.certificate)
        self.assertEqual(connection.command(LOGIN).code, 235)
        return connection

    def check_tls_as_the_peer_saw_it(self):
        self.assertIn("real.example outgoing level raised: TLS_SECURE > PLAIN", self.peer.said())

    def check_notice(self):
        """To ann it is a local delivery."""
        notice = wait_until(lambda: next((one for one in self.peer.mailbox() if b"internal" in one), None), timeout=20)
        self.assertRegex(notice, self.bounce_says)
