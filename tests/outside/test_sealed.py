"""Sealed mail as its recipients read it: openssl and gpg open it, octet for octet, with the signature of the sender; and
whatever fails, nothing leaves in the clear."""
import unittest

from mail_keys import SmimePerson, run
from scene import ANN, below_trace
from sealing_scene import TO_IT, SealedScene, armour_of, entity_of, fingerprint


class Sealed(SealedScene):
    """Domains without TLS."""
    settings = """
[partner."gates@smime.example"]
settings = { smime = { domain_signs = true } }
"""

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
        self.signs_as(ann)
        eve = SmimePerson(self.people, "eve@smime.example", self.authority)  # believed by her authority too
        self.knows(eve)
        before = len(self.smime.messages)
        sent = self.send(eve.address)
        entity = eve.opens(self.arrives(self.smime, before + 1))
        self.assertEqual(SmimePerson.verifies(entity, self.authority, ANN), entity_of(sent))

    def test_the_domain_signs_for_a_partner_that_expects_it_and_for_no_other(self):
        gate = SmimePerson(self.people, "gateway@clinic.example", self.authority)
        self.keys("identities", "import", gate.certificate, "--private-key", gate.key, "--for", "@clinic.example")
        self.addCleanup(lambda: self.keys("identities", "remove", fingerprint(gate.certificate)))
        partner, other = SmimePerson(self.people, "gates@smime.example"), SmimePerson(self.people, "sue@smime.example")
        self.knows(partner, other)
        before = len(self.smime.messages)
        sent = self.send(partner.address)
        entity = partner.opens(self.arrives(self.smime, before + 1))
        self.assertEqual(SmimePerson.verifies(entity, self.authority, gate.address), entity_of(sent))
        sent = self.send(other.address)
        self.assertEqual(other.opens(self.arrives(self.smime, before + 2)), entity_of(sent))  # unsigned

    def test_openpgp_opens_to_the_entity_that_was_sent_and_is_signed(self):
        ann, tom = self.pgp_person(ANN), self.pgp_person("tom@pgp.example")
        tom.knows(ann)
        self.signs_as(ann)
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
        self.assertEqual(self.rungs(both.address), ["S/MIME" + TO_IT, "OpenPGP" + TO_IT, "hold (no-rung)"])
        before = len(self.both.messages)
        self.send(both.address)
        self.assertIn(b"pkcs7-mime", self.arrives(self.both, before + 1))
        self.keys("revoke", fingerprint(certificate.certificate))
        sent = self.send(both.address)  # the index may not know it yet: the attempt does
        plain, _ = both.opens(armour_of(self.arrives(self.both, before + 2)))
        self.assertEqual(plain, entity_of(sent))
        for event in self.gateway.events(recipient=both.address):
            self.assertNotIn(both.address, event.get("reason", "") + " ".join(event.get("evidence", [])))  # a sink may hash it

    def test_without_a_key_it_is_held_and_the_sender_hears_of_it(self):
        before = len(self.smime.messages)
        self.send("nobody@smime.example")
        self.is_held("nobody@smime.example")
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
