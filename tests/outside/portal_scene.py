"""The scene of the portal's tests: a gateway whose protected mail goes into a portal, and a recipient whose server has TLS and proves nothing.

    class Something(PortalScene):             # for each test: `self.portal`, `self.gateway`, `self.lab`; nothing runs yet
        def test_…(self): self.begin() …
    class Something(Pickup):                  # with what a sender and a person with a browser do
        def test_…(self): self.begin(); self.send("bob@lab.example"); visitor, page = self.open(self.lab, path)
"""
import email
import email.policy
import re
import unittest

from faked_time import faked_time
from gateway import TENANTS, wait_until
from portal import Portal
from scene import ANN, letter
from stage import temporary_stage

SECRET = b"biopsy result: A-WORD-IN-THE-BODY\r\n"


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


class Pickup(PortalScene):
    def send(self, *recipients, subject=b"[secure] Your results", extra=b"", **options):
        with self.gateway.sender() as exchange:
            reply = exchange.send(ANN, list(recipients), letter(SECRET, subject=subject, extra=extra), **options)[-1]
        self.assertEqual(reply.code, 250, reply)

    def restart_at(self, offset):
        """Both, in another time: "+31d"."""
        self.gateway.stop()
        self.portal.stop()
        self.portal.environment = faked_time(offset)
        self.portal.start()
        self.gateway.wrapper = ["env", *(f"{name}={value}" for name, value in self.portal.environment.items())]
        self.gateway.start()

    def code(self, sink, number=-1):
        self.assertTrue(wait_until(lambda: re.search(r"\b\d{6}\b", words_of(sink.messages[number]))), "no code came")
        return re.search(r"\b\d{6}\b", words_of(sink.messages[number]))[0]

    def open(self, sink, path):
        """As a person would; the page of the message."""
        visitor, before = self.portal.visitor(), len(sink.messages)
        page = visitor.press(visitor.get(path).form("/code"))
        self.assertTrue(sink.wait(before + 1), "no code came")
        return visitor, visitor.press(page.form("/open"), code=self.code(sink))

    def kinds(self, **wanted):
        return [event["event"] for event in self.gateway.events(**wanted)]
