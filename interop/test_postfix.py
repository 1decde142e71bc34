"""Postfix as the sender's and as the recipient's server."""
import unittest

from checks import Receives, Sends
from messages import without_blanks_before_colons
from postfix import Postfix, receiving, sending

CHANGES = {"odd header": without_blanks_before_colons}


class PostfixReceives(Receives, unittest.TestCase):
    adds = {"return-path", "x-original-to", "delivered-to", "received"}
    changes = CHANGES
    chunks = r"disconnect from \S+ .*\bbdat=[1-9]"

    @classmethod
    def open_peer(cls, address, port, certificate):
        return Postfix(cls.stage.folder / "peer", address, port, receiving("real.example"), certificate=certificate, hostname="mx.real.example")


class PostfixSends(Sends, unittest.TestCase):
    changes = CHANGES

    @classmethod
    def open_peer(cls, address, port, gateway):
        return Postfix(cls.stage.folder / "peer", address, port, sending(gateway), certificate=gateway.client,
                       authority=gateway.authority.certificate)

    def check_tls_as_the_peer_saw_it(self):
        self.assertIn("Verified TLS connection established to gw.clinic.example", self.peer.said())
