"""OpenSMTPD as the sender's and as the recipient's server.

Debian 12's 6.8.0p2 cannot use its own key with OpenSSL 3 (github.com/OpenSMTPD/OpenSMTPD/issues/1239): it offers STARTTLS and every
handshake fails, and as a client it can show no certificate. So here it is the real server that must not get protected mail.
"""
import unittest

from checks import ITS_OWN_NOTICES, NO_CERTIFICATE, Receives, Sends, head
from opensmtpd import OpenSmtpd, receiving, sending


class OpenSmtpdReceives(Receives, unittest.TestCase):
    adds = {"return-path", "delivered-to", "received"}
    tls = False
    test_protected_mail_takes_verified_tls = None

    @classmethod
    def open_peer(cls, address, port, certificate):
        return OpenSmtpd(cls.stage.folder / "peer", address, port, receiving("real.example"), certificate, hostname="mx.real.example")

    def test_its_handshakes_fail_and_protected_mail_is_held_and_the_sender_told(self):
        number = self.send(head("secure", subject="[secure] report") + b"\r\nfine\r\n")
        held = self.event("held", number)
        self.assertEqual((held["action"], held["recipient"]), ("protect", "bob@real.example"))
        self.assertIn(b"\r\nAction: delayed\r\n", self.notice_about(number))
        self.assertIn("SSL routines::EVP lib", self.peer.said())
        self.assertFalse([one for one in self.kept() if b"secure@clinic.example" in one], "protected mail came in the clear")
        self.assertNotIn("<<< [MSG] Subject: [secure] report", self.peer.said())


class OpenSmtpdSends(Sends, unittest.TestCase):
    origin = "network,mail-from,from"

    @classmethod
    def open_gateway(cls):
        return cls.gateway_with(NO_CERTIFICATE, ITS_OWN_NOTICES)

    @classmethod
    def open_peer(cls, address, port, gateway):
        return OpenSmtpd(cls.stage.folder / "peer", address, port, sending(gateway), authority=gateway.authority.certificate)
