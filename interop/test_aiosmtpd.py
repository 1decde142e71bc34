"""Python's aiosmtpd as the recipient's server."""
import unittest

from aiosmtpd_peer import AioSmtpd
from checks import Receives


class AioSmtpdReceives(Receives, unittest.TestCase):
    line_end = b"\r\n"

    @classmethod
    def open_peer(cls, address, port, certificate):
        return AioSmtpd(cls.stage.folder / "peer", address, port, certificate)


class AioSmtpdWithItsOwnLimit(Receives, unittest.TestCase):
    line_end = b"\r\n"
    refuses = {"long line": 500}

    @classmethod
    def open_peer(cls, address, port, certificate):
        return AioSmtpd(cls.stage.folder / "peer", address, port, certificate, longest_line=1001)

    def test_a_line_that_is_too_long_for_it_is_told_to_the_sender(self):
        self.check_that_it_refuses_for_their_form()
