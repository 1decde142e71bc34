"""Sealed mail as its recipients read it: openssl and gpg open it, octet for octet, with the signature of the sender; and
whatever fails, nothing leaves in the clear."""
import email
import time
import unittest

from gateway import wait_until
from mail_keys import MailAuthority, PgpPerson, SmimePerson, run
from scene import ANN, below_trace
from stage import temporary_stage

SECRET = b"Hello Bob, the result is positive.\r\n\xc3\xa9\r\n"
POLICY = """\
version = 1
[[rule]]
name = "smime"
when.to = ".smime.example"
then = { action = "protect", methods = ["smime"], reason = "By S/MIME" }
[[rule]]
name = "pgp"
when.to = "pgp.example"
then = { action = "protect", methods = ["openpgp"], reason = "By OpenPGP" }
[[rule]]
name = "both"
when.to = "both.example"
then = { action = "protect", methods = ["smime", "openpgp"], reason = "By either" }
"""


def letter(to, extra=b"", text=SECRET):
    return (b"From: <" + ANN.encode() + b">\r\nTo: <" + to.encode() + b">\r\nSubject: Lunch\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n" + extra + b"\r\n" + text)


def entity_of(message):
    """What must come out again: the Content-* fields and the body."""
    header, body = message.split(b"\r\n\r\n", 1)
    fields = [line for line in header.split(b"\r\n") if line.lower().startswith(b"content-")]
    return b"\r\n".join(fields) + b"\r\n\r\n" + body


def armour_of(message):
    """RFC 3156 §4: two parts, of these types."""
    parsed = email.message_from_bytes(message)
    assert parsed.get_content_type() == "multipart/encrypted" and parsed.get_param("protocol") == "application/pgp-encrypted"
    control, sealed = parsed.get_payload()
    assert control.get_content_type() == "application/pgp-encrypted" and control.get_payload().strip() == "Version: 1"
    assert sealed.get_content_type() == "application/octet-stream"
    return sealed.get_payload().encode()


class Sealed(unittest.TestCase):
    """Three domains without TLS: what is sealed needs none."""

    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.smime = cls.stage.open("smime.example", certificate=None)
        cls.gates = cls.stage.open("gates.smime.example", certificate=None)
        cls.pgp = cls.stage.open("pgp.example", certificate=None)
        cls.both = cls.stage.open("both.example", certificate=None)
        cls.people = cls.stage.folder / "people"
        cls.people.mkdir()
        cls.authority = MailAuthority(cls.people)
        cls.gateway = cls.stage.gateway(policy=POLICY, start=False)
        cls.gateway.write_configuration(extra=f"""
[keys]
roots = "{cls.authority.certificate}"
[partner."gates.smime.example"]
settings = {{ smime = {{ domain_signs = true }} }}
""")
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop)

    def keys(self, *arguments):
        done = self.gateway.run("keys", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def knows(self, *people):
        """Imported, and in the running gateway's index, which may be two seconds old (docs/keys.md)."""
        for person in people:
            self.keys("import", getattr(person, "public", None) or person.certificate)
        time.sleep(2.5)

    def rungs(self, address):
        path = self.stage.folder / "asked.eml"
        path.write_bytes(letter(address))
        told = self.gateway.run("explain", path, "--to", address, "--from", ANN, json_answer=True)
        return told["recipients"][0]["ladder"]

    def send(self, to, **options):
        sent = letter(to if isinstance(to, str) else to[0], **options)
        with self.gateway.sender() as exchange:
            replies = exchange.send(ANN, [to] if isinstance(to, str) else to, sent)
        self.assertEqual(replies[-1].code, 250, replies)
        return sent

    def arrives(self, sink, count):
        self.assertTrue(sink.wait(count), f"the message did not arrive: {self.gateway.events()[-3:]}")
        message = sink.messages[count - 1]
        self.assertNotIn(b"positive", message.body)
        return below_trace(message.body)

    def pgp_person(self, address, **options):
        person = PgpPerson(self.people, address, **options)
        self.addCleanup(person.close)
        return person

    def test_smime_opens_to_the_entity_that_was_sent(self):
        bob = SmimePerson(self.people, "bob@smime.example")
        self.knows(bob)
        before = len(self.smime.messages)
        sent = self.send(bob.address)
        arrived = self.arrives(self.smime, before + 1)
        self.assertIn(b"Subject: Lunch\r\n", arrived)
        self.assertEqual(bob.opens(arrived), entity_of(sent))

    def test_smime_is_signed_by_the_sender_where_a_recipient_accepts_her_certificate(self):
        ann = SmimePerson(self.people, ANN, self.authority)
        self.keys("identities", "import", ann.certificate, "--private-key", ann.key)
        self.addCleanup(lambda: self.keys("identities", "remove", self.fingerprint(ann)))
        eve = SmimePerson(self.people, "eve@smime.example", self.authority)  # believed by her authority too
        self.knows(eve)
        before = len(self.smime.messages)
        sent = self.send(eve.address)
        entity = eve.opens(self.arrives(self.smime, before + 1))
        self.assertEqual(SmimePerson.verifies(entity, self.authority, ANN), entity_of(sent))

    def test_the_domain_signs_for_a_partner_that_expects_it_and_for_no_other(self):
        gate = SmimePerson(self.people, "gateway@clinic.example", self.authority)
        self.keys("identities", "import", gate.certificate, "--private-key", gate.key, "--for", "@clinic.example")
        self.addCleanup(lambda: self.keys("identities", "remove", self.fingerprint(gate)))
        partner, other = SmimePerson(self.people, "in@gates.smime.example"), SmimePerson(self.people, "sue@smime.example")
        self.knows(partner, other)
        before = len(self.gates.messages), len(self.smime.messages)
        sent = self.send(partner.address)
        entity = partner.opens(self.arrives(self.gates, before[0] + 1))
        self.assertEqual(SmimePerson.verifies(entity, self.authority, gate.address), entity_of(sent))
        sent = self.send(other.address)
        self.assertEqual(other.opens(self.arrives(self.smime, before[1] + 1)), entity_of(sent))  # unsigned

    def fingerprint(self, person):
        text = run("openssl", "x509", "-in", person.certificate, "-noout", "-fingerprint", "-sha256").decode()
        return text.split("=")[1].strip().replace(":", "").lower()

    def test_openpgp_opens_to_the_entity_that_was_sent_and_is_signed(self):
        ann, tom = self.pgp_person(ANN), self.pgp_person("tom@pgp.example")
        tom.knows(ann)
        self.keys("identities", "import", ann.public, "--private-key", ann.secret)
        self.addCleanup(lambda: self.keys("identities", "remove", ann.fingerprint))
        self.knows(tom)
        before = len(self.pgp.messages)
        sent = self.send(tom.address)
        plain, good = tom.opens(armour_of(self.arrives(self.pgp, before + 1)))
        self.assertEqual(plain, entity_of(sent))
        self.assertEqual(good, [ann.fingerprint])

    def test_openpgp_without_an_identity_is_encrypted_and_not_signed(self):
        zoe = self.pgp_person("zoe@pgp.example", algorithm="rsa3072")
        self.knows(zoe)
        before = len(self.pgp.messages)
        sent = self.send(zoe.address)
        plain, good = zoe.opens(armour_of(self.arrives(self.pgp, before + 1)))
        self.assertEqual((plain, good), (entity_of(sent), []))

    def test_a_key_that_is_revoked_leads_to_the_next_rung(self):
        both = self.pgp_person("kim@both.example")
        certificate = SmimePerson(self.people, "kim@both.example")
        self.knows(certificate, both)
        to_it = " to the recipient's server"
        self.assertEqual(self.rungs(both.address), ["S/MIME" + to_it, "OpenPGP" + to_it, "hold (no-rung)"])
        before = len(self.both.messages)
        self.send(both.address)
        self.assertIn(b"pkcs7-mime", self.arrives(self.both, before + 1))
        self.keys("revoke", self.fingerprint(certificate))
        sent = self.send(both.address)  # the index may not know it yet: the attempt does
        plain, _ = both.opens(armour_of(self.arrives(self.both, before + 2)))
        self.assertEqual(plain, entity_of(sent))
        for event in self.gateway.events(recipient=both.address):
            self.assertNotIn(both.address, event.get("reason", "") + " ".join(event.get("evidence", [])))  # a sink may hash it

    def test_without_a_key_it_is_held_and_the_sender_hears_of_it(self):
        before = len(self.smime.messages)
        self.send("nobody@smime.example")
        held = self.gateway.wait_for(event="held", recipient="nobody@smime.example")
        self.assertTrue(held)
        self.assertTrue(wait_until(lambda: any(b"nobody@smime.example" in notice for notice in self.stage.notices())))
        self.assertEqual(len(self.smime.messages), before)

    def test_a_hidden_recipient_is_in_nobody_elses_message(self):
        seen, hidden = SmimePerson(self.people, "seen@smime.example"), SmimePerson(self.people, "hidden@smime.example")
        self.knows(seen, hidden)
        before = len(self.smime.messages)
        sent = self.send([seen.address, hidden.address])
        self.arrives(self.smime, before + 2)
        by_recipient = {message.recipients[0]: below_trace(message.body) for message in self.smime.messages[before:]}
        for person in (seen, hidden):
            sealed = by_recipient[person.address]
            self.assertEqual(person.opens(sealed), entity_of(sent))
            self.assertEqual(self.recipient_infos(sealed), 1)

    def recipient_infos(self, message):
        shown = run("openssl", "cms", "-cmsout", "-print", "-inform", "SMIME", data=message).decode(errors="replace")
        return shown.count("d.ktri:") + shown.count("d.kari:")


if __name__ == "__main__":
    unittest.main()
