"""Exim as the sender's and as the recipient's server. Its TLS is GnuTLS; it sends with BDAT where CHUNKING is offered."""
import unittest

from checks import Receives, Sends
from exim import Exim, receiving, sending


class EximReceives(Receives, unittest.TestCase):
    adds = {"return-path", "envelope-to", "delivery-date", "received"}
    chunks = r"<= ann@clinic.example .* P=esmtps .* K S="

    @classmethod
    def open_peer(cls, address, port, certificate):
        return Exim(cls.stage.folder / "peer", address, port, receiving("real.example"), certificate, hostname="mx.real.example")


class EximSends(Sends, unittest.TestCase):
    """With BDAT: the K in Exim's log."""
    chunking, logged = "*", r"=> bob@real.example R=gateway .* CV=yes .* K C="

    @classmethod
    def open_peer(cls, address, port, gateway):
        return Exim(cls.stage.folder / "peer", address, port, sending(gateway, cls.chunking), gateway.client,
                    authority=gateway.authority.certificate)

    def check_tls_as_the_peer_saw_it(self):
        self.assertRegex(self.peer.said(), self.logged)


class EximSendsWithData(EximSends):
    chunking, logged = "", r"=> bob@real.example R=gateway .* CV=yes DN=\S+ C="
