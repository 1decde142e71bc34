"""What an administrator sets is what a recipient gets: forms of signature and encryption, the subject, OpenPGP as text; what is not sealed
at all; and the DKIM signature around it."""
import re
import unittest

from dkim_keys import DkimKeys, published, verify
from mail_keys import run
from scene import ANN
from sealing_scene import POLICY, SECRET, SealedScene, armour_of, entity_of, letter
from test_sealed_corpus import MAILS

FORMS = {"never": ("smime", 'smime = { sign = "never" }'), "opaque": ("smime", 'smime = { sign = "opaque" }'),
         "gcm": ("smime", 'smime = { content = "aes256-gcm" }'), "inline": ("openpgp", "openpgp = { inline = true }"),
         "hidden": ("openpgp", "openpgp = { hide_subject = true }"), "counts": ("smime", "encrypted_counts = true")}
RULES = "".join(f"""[[rule]]
name = "{name}"
when.to = "{name}.example"
then = {{ action = "protect", methods = ["{method}"], reason = "A form" }}
""" for name, (method, _) in FORMS.items())
PARTNERS = "".join(f'[partner."{name}.example".settings]\n{setting}\n' for name, (_, setting) in FORMS.items())
PARTNERS += '[settings]\nmethods = ["smime", "openpgp", "tls"]\n'  # sealed first


class Forms(SealedScene):
    policy, settings = POLICY + RULES, PARTNERS

    @classmethod
    def before_start(cls):
        cls.sinks = {name: cls.stage.open(name + ".example", certificate=None) for name in FORMS}
        cls.dkim = DkimKeys(cls.gateway.folder)
        cls.dkim.make("r1", "rsa")
        cls.gateway.tenants += cls.dkim.setting("clinic.example")
        cls.configure()

    def came(self, name, person, message=None):
        """(what was sent, what arrived with its trace)"""
        self.knows(person)
        sink = self.sinks[name]
        before = len(sink.messages)
        sent = self.send_as_it_is(person.address, message or letter(person.address))
        self.arrives(sink, before + 1)
        return sent, sink.messages[before].body

    def bob(self, name):
        return self.smime_person(f"bob@{name}.example", self.authority)

    def ann_signs(self):
        self.signs_as(self.smime_person(ANN, self.authority))

    def test_smime_never_signed(self):
        self.ann_signs()
        bob = self.bob("never")
        sent, arrived = self.came("never", bob)
        self.assertEqual(bob.opens(arrived), entity_of(sent))

    def test_smime_signed_opaquely(self):
        self.ann_signs()
        bob = self.bob("opaque")
        sent, arrived = self.came("opaque", bob)
        inside = bob.opens(arrived)
        self.assertRegex(inside.split(b"\r\n\r\n")[0], rb"(?is)application/pkcs7-mime.*signed-data")
        self.assertEqual(bob.verifies(inside, self.authority, ANN), entity_of(sent))

    def test_smime_by_gcm_for_a_partner_and_cbc_for_others(self):
        bob = self.bob("gcm")
        sent, arrived = self.came("gcm", bob)
        self.assertIn(b"authEnveloped-data", arrived)
        self.assertIn(b"aes-256-gcm", run("openssl", "cms", "-cmsout", "-print", "-inform", "SMIME", data=arrived))
        self.assertEqual(bob.opens(arrived), entity_of(sent))
        other = self.bob("never")
        self.assertIn(b"aes-256-cbc", run("openssl", "cms", "-cmsout", "-print", "-inform", "SMIME", data=self.came("never", other)[1]))

    def test_openpgp_as_text(self):
        tom = self.pgp_person("tom@inline.example")
        _, arrived = self.came("inline", tom)
        header, text = arrived.split(b"\r\n\r\n", 1)
        self.assertRegex(header, rb"(?i)\r\nContent-Type: text/plain")
        self.assertTrue(text.startswith(b"-----BEGIN PGP MESSAGE-----"))
        plain, _ = tom.opens(text)
        self.assertEqual(plain.replace(b"\r\n", b"\n"), SECRET.replace(b"\r\n", b"\n"))

    def hides_the_subject(self, name, person, opens):
        _, arrived = self.came(name, person)
        self.assertIn(b"\r\nSubject: [...]\r\n", arrived)
        self.assertNotIn(b"Lunch", arrived)
        plain = opens(arrived)
        head = plain.split(b"\r\n\r\n")[0]
        self.assertIn(b"Subject: Lunch", head)
        self.assertIn(b'hp="cipher"', head)  # RFC 9788 §2.1.1
        self.assertTrue(plain.endswith(SECRET))

    def test_the_subject_is_hidden(self):
        tom = self.pgp_person("tom@hidden.example")
        self.hides_the_subject("hidden", tom, lambda arrived: tom.opens(armour_of(arrived))[0])

    def goes_by_tls_instead(self, address, message):
        """Sealed first, TLS next, at mixed.example: the rung is passed by, and TLS carries it."""
        self.assertTrue(self.rungs(address)[0].startswith("S/MIME"))
        before = len(self.mixed.messages)
        self.send_as_it_is(address, message)
        self.assertTrue(self.mixed.wait(before + 1), self.gateway.events()[-2:])
        arrived = self.mixed.messages[before]
        self.assertTrue(arrived.tls)
        self.assertTrue(arrived.body.endswith(message))
        return self.gateway.events(event="rung", recipient=address)[-1]["reason"]

    def test_an_invitation_is_not_sealed(self):
        bob = self.smime_person("invited@mixed.example")
        self.knows(bob)
        self.assertIn("invitation", self.goes_by_tls_instead(bob.address, MAILS["invite"]))

    def test_an_invitation_with_no_other_rung_is_held(self):
        bob = self.smime_person("invited@smime.example")
        self.knows(bob)
        before = len(self.smime.messages)
        self.send_as_it_is(bob.address, MAILS["invite"])
        self.assertIn("invitation", self.is_held(bob.address)["reason"])
        self.assertEqual(len(self.smime.messages), before)

    def encrypted_by_its_sender(self, person):
        sealed = run("openssl", "cms", "-encrypt", "-aes256", "-outform", "SMIME", "-binary", person.certificate,
                     data=b"Content-Type: text/plain\r\n\r\n" + SECRET)
        return (b"From: <" + ANN.encode() + b">\r\nTo: <" + person.address.encode() + b">\r\nSubject: Lunch\r\n"
                + re.sub(rb"\r?\n", b"\r\n", sealed))

    def test_what_its_sender_encrypted_passes_the_rung_by(self):
        bob = self.smime_person("sealed@mixed.example")
        self.knows(bob)
        self.assertIn("encrypted", self.goes_by_tls_instead(bob.address, self.encrypted_by_its_sender(bob)))

    def test_what_its_sender_encrypted_goes_as_it_is_where_that_counts(self):
        bob = self.smime_person("sealed@counts.example")
        message = self.encrypted_by_its_sender(bob)
        _, arrived = self.came("counts", bob, message)
        self.assertTrue(arrived.endswith(message))
        self.assertTrue(bob.opens(arrived).endswith(SECRET))

    OLD = (b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=clinic.example; s=old; h=from:subject;\r\n"
           b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n")

    def test_the_rendition_has_the_tenants_dkim_signature_and_not_an_old_one(self):
        records = published(self.gateway)
        bob, tom = self.bob("never"), self.pgp_person("tom@inline.example")
        for name, person in (("never", bob), ("inline", tom)):
            with self.subTest(name):
                _, arrived = self.came(name, person, letter(person.address, extra=self.OLD))
                self.assertEqual(re.findall(rb"\ss=(\w+);", arrived), [b"r1"])
                self.assertEqual(verify(arrived, records), ["pass"])
                header, body = arrived.split(b"\r\n\r\n", 1)
                self.assertEqual(verify(header + b"\r\n\r\nX" + body, records), ["fail"])
                delivered = self.gateway.wait_for(event="delivered", recipient=person.address)[-1]
                self.assertIn("DKIM key that signs: selector r1 of clinic.example (configuration)", delivered["evidence"])


if __name__ == "__main__":
    unittest.main()
