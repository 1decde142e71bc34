"""`postern keys authority`: senders' certificates from an authority of our own, for partners that pin it."""
import types
import unittest

from mail_keys import SmimePerson
from stage import temporary_stage
from scene import ANN, below_trace
from sealing_scene import POLICY, entity_of, letter


class OwnAuthority(unittest.TestCase):
    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.partner = self.stage.open("smime.example", certificate=None)
        self.gateway = self.stage.gateway(policy=POLICY, start=False)
        self.folder = self.gateway.state / "authority"
        self.gateway.write_configuration(extra=f'\n[keys]\nsigner_roots = "{self.folder}/authority.crt"\n')

    def authority(self, *arguments, code=0):
        done = self.gateway.run("keys", "authority", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def create(self):
        return self.authority("create", "--name", "Clinic mail", "--domain", "clinic.example")

    def test_a_partner_that_pins_it_finds_a_good_signature_of_the_sender(self):
        self.create()
        self.authority("issue", ANN)
        bob = SmimePerson(self.stage.folder, "bob@smime.example")
        self.assertEqual(self.gateway.run("keys", "import", bob.certificate).returncode, 0)
        self.gateway.start()
        self.addCleanup(self.gateway.stop)
        sent = letter(bob.address)
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, [bob.address], sent)[-1].code, 250)
        self.assertTrue(self.partner.wait(1), self.gateway.events()[-2:])
        entity = bob.opens(below_trace(self.partner.messages[0].body))
        pinned = types.SimpleNamespace(folder=self.stage.folder, certificate=self.folder / "authority.crt")
        self.assertEqual(SmimePerson.verifies(entity, pinned, ANN), entity_of(sent))

    def test_it_issues_for_its_domain_alone(self):
        self.create()
        self.assertIn("may not issue", self.authority("issue", "ann@elsewhere.example", code=1))

    def test_it_is_made_once(self):
        self.create()
        before = (self.folder / "authority.crt").read_bytes()
        self.assertIn("already", self.authority("create", "--name", "Another", code=5))
        self.assertEqual((self.folder / "authority.crt").read_bytes(), before)

    def test_its_private_key_opens_with_the_kek_alone(self):
        self.create()
        self.assertNotIn(b"PRIVATE", (self.folder / "authority.key").read_bytes())
        kek = self.gateway.folder / "kek"
        kek.write_text("ab" * 32)
        self.authority("issue", ANN, code=5)

    def test_without_one_nothing_is_issued(self):
        self.assertIn("no authority", self.authority("issue", ANN, code=1))


if __name__ == "__main__":
    unittest.main()
