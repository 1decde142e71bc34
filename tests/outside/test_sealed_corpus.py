"""Awkward mail through the gateway, S/MIME and OpenPGP: what the recipient decrypts is the MIME entity that was sent, octet for octet.
Large mail, and 8-bit text to a server that does not take it."""
import re
import sys
import unittest

from gateway import REPOSITORY, wait_until
from sealing_scene import SealedScene, armour_of, entity_of, letter

sys.path.append(str(REPOSITORY / "interop"))
from awkward_mails import MAILS  # noqa: E402

ENDS = {"no line end at the end": b"\r\n"}  # the gateway gives it one when it takes it in, sealed or not
TYPES = {"plain": b"Content-Type: text/plain; charset=us-ascii\r\n"}  # what mail without a type is (RFC 2045 §5.2): an entity names it


class Corpus(SealedScene):
    @classmethod
    def before_start(cls):
        cls.narrow = cls.stage.open("narrow.example", certificate=None, eight_bit=False)
        cls.gateway.policy += """
[[rule]]
name = "narrow"
when.to = "narrow.example"
then = { action = "protect", methods = ["smime", "openpgp"], reason = "Sealed" }
"""
        cls.configure()

    def sealed_for(self, person, sink, message):
        before = len(sink.messages)
        with self.gateway.sender() as exchange:
            replies = exchange.send("ann@clinic.example", [person.address], message)
        self.assertEqual(replies[-1].code, 250, replies)
        self.assertTrue(wait_until(lambda: len(sink.messages) > before, 60), f"it did not come: {self.gateway.events()[-2:]}")
        body = sink.messages[before].body
        return person.opens(body) if hasattr(person, "certificate") else person.opens(armour_of(body))[0]

    def test_each_awkward_message_comes_out_as_it_went_in(self):
        bob, tom = self.smime_person(), self.pgp_person()
        self.knows(bob, tom)
        compared, left_out = 0, ("invite", "huge lines")  # not sealed (test_sealed_forms.py); not accepted (RFC 5321 §4.5.3.1.6)
        for name, message in MAILS.items():
            if name in left_out:
                continue
            for person, sink in ((bob, self.smime), (tom, self.pgp)):
                with self.subTest(name, to=person.address):
                    self.assertEqual(self.sealed_for(person, sink, message), TYPES.get(name, b"") + entity_of(message) + ENDS.get(name, b""))
                    compared += 1
        self.assertEqual(compared, 2 * (len(MAILS) - len(left_out)))
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send("ann@clinic.example", [bob.address], MAILS["huge lines"])[-1].code, 550)

    def test_25_megabytes(self):
        bob, tom = self.smime_person("large@smime.example"), self.pgp_person("large@pgp.example")
        self.knows(bob, tom)
        for person, sink in ((bob, self.smime), (tom, self.pgp)):
            text = b"".join(b"%08d %s\r\n" % (number, b"\xe4" * 60) for number in range(25_000_000 // 71))
            sent = letter(person.address, text=text)
            self.assertTrue(self.sealed_for(person, sink, sent) == entity_of(sent))  # assertEqual would print it

    def test_eight_bit_text_reaches_a_server_without_8bitmime_in_seven_bits(self):
        bob, tom = self.smime_person("bob@narrow.example"), self.pgp_person("tom@narrow.example")
        self.knows(bob, tom)
        for person in (bob, tom):
            sent = letter(person.address)
            self.assertTrue(re.search(rb"[\x80-\xff]", sent))
            self.assertEqual(self.sealed_for(person, self.narrow, sent), entity_of(sent))
            self.assertIsNone(re.search(rb"[\x80-\xff]", self.narrow.messages[-1].body))
            self.assertNotIn("BODY=8BITMIME", self.narrow.messages[-1].parameters[0])


if __name__ == "__main__":
    unittest.main()
