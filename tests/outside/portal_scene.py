"""The scene of the portal's tests: a gateway whose protected mail goes into a portal, and a recipient whose server has TLS and proves nothing.

    class Something(PortalScene):             # for each test: `self.portal`, `self.gateway`, `self.lab`; nothing runs yet
        def test_…(self): self.begin() …
"""
import email
import email.policy
import unittest

from gateway import TENANTS
from portal import Portal
from stage import temporary_stage


def parsed(message):
    return email.message_from_bytes(message.body, policy=email.policy.default)


def words_of(message):
    return parsed(message).get_body(("plain",)).get_content()


class PortalScene(unittest.TestCase):
    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.portal = Portal(self.stage.folder / "portal", self.stage.authority, start=False)
        self.addCleanup(self.portal.stop)
        self.lab = self.stage.open("lab.example", certificate=self.stage.authority.server("another.name.example"))
        self.gateway = self.stage.gateway(start=False)
        self.addCleanup(self.gateway.stop)
        self.gateway.tenants = TENANTS + 'portal = { from = "secure@clinic.example", name = "Riverside Clinic" }\nsettings.methods = ["portal"]\n'

    def begin(self):
        self.portal.start()
        self.gateway.write_configuration(self.portal.settings())
        self.gateway.start()
