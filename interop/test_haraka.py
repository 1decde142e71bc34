"""Haraka as the sender's and as the recipient's server: TLS and everything else by Node.js."""
import unittest

from checks import ITS_OWN_NOTICES, Receives, Sends
from haraka import Haraka, receiving, sending

# It reads a header as UTF-8: what is none becomes U+FFFD. Bodies stay as they are.
CHANGES = {"eight bit header": lambda sent: sent.replace(b"\xff", b"\xef\xbf\xbd")}


class HarakaReceives(Receives, unittest.TestCase):
    line_end = b"\r\n"
    changes = CHANGES

    @classmethod
    def open_peer(cls, address, port, certificate):
        return Haraka(cls.stage.folder / "peer", address, port, receiving("real.example"), certificate, hostname="mx.real.example")


class HarakaSends(Sends, unittest.TestCase):
    changes = CHANGES

    @classmethod
    def open_gateway(cls):
        return cls.gateway_with(ITS_OWN_NOTICES)

    @classmethod
    def open_peer(cls, address, port, gateway):
        return Haraka(cls.stage.folder / "peer", address, port, sending(gateway), gateway.client, authority=gateway.authority.certificate)

    def check_tls_as_the_peer_saw_it(self):
        self.assertRegex(self.peer.said(), r"secured verified=true cipher=\S+ version=TLSv1.3 cn=gw.clinic.example")
