"""Keys of people in real zones and web key directories (person_lab.py), published by GnuPG where it can: `postern probe` finds those
that DNSSEC or TLS proves and says of the others why they do not count, and mail leaves sealed to the first and not to the others."""
from concurrent.futures import ThreadPoolExecutor

from gateway import wait_until
from lab_scene import LabScene
from mail_keys import SmimePerson
from person_lab import PEOPLE, PersonLab
from scene import ANN, below_trace
from sealing_scene import armour_of, entity_of, fingerprint, letter

POLICY = """\
version = 1
[[rule]]
name = "sealed"
when.to = "outside"
then = { action = "protect", methods = ["smime", "openpgp"], reason = "Sealed" }
"""


class PersonKeys(LabScene):
    make_lab, patience = PersonLab, 90

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.policy = POLICY
        cls.gateway.delivery["protect_patience"] = "1h"
        cls.gateway.discovery = {"mta_sts": False, "egress": [f"{cls.lab.network}.0/24"]}
        cls.gateway.write_configuration(f"""
[keys]
roots = "{cls.lab.mail_authority.certificate}"
[settings]
key_sources = ["smimea", "openpgpkey", "wkd"]
""")
        cls.gateway.start()
        with ThreadPoolExecutor(4) as pool:
            cls.reports = dict(zip(PEOPLE, pool.map(lambda name: cls.probe(cls.lab.address(name)), PEOPLE)))
        cls.sent = {}
        with cls.gateway.sender() as exchange:
            for name in PEOPLE:
                cls.sent[name] = letter(cls.lab.address(name))
                assert exchange.send(ANN, [cls.lab.address(name)], cls.sent[name])[-1].code == 250

    def source(self, name):
        return next(one for one in self.reports[name]["keys"] if one["source"] == PEOPLE[name].source)

    def fingerprint(self, name):
        person = self.lab.people[name]
        return fingerprint(person.certificate) if isinstance(person, SmimePerson) else person.fingerprint

    def came_for(self, name):
        return [message for sink in self.lab.sinks for message in sink.messages if message.recipients == [self.lab.address(name)]]

    def test_a_probe_finds_what_is_proven_and_says_why_the_rest_does_not_count(self):
        for name, person in PEOPLE.items():
            if person.zone in ("bogus", "expired", "servfail"):
                continue  # nobody can mail there: the probe ends at the MX records
            with self.subTest(name):
                self.assertEqual(self.source(name)["result"], person.found, self.source(name))
                self.assertEqual([key["fingerprint"] for key in self.source(name)["keys"]],
                                 [self.fingerprint(name)] if person.found == "found" else [])
                self.assertEqual("reason" in self.source(name), person.found != "found")

    def test_mail_leaves_sealed_to_those_and_to_nobody_else(self):
        for name, person in PEOPLE.items():
            if not person.sealed:
                continue
            with self.subTest(name):
                self.assertTrue(wait_until(lambda name=name: self.came_for(name), 60), self.gateway.events()[-3:])
                body = below_trace(self.came_for(name)[0].body)
                keys = self.lab.people[name]
                opened = keys.opens(body) if isinstance(keys, SmimePerson) else keys.opens(armour_of(body))[0]
                self.assertEqual(opened, entity_of(self.sent[name]))
        for name, person in PEOPLE.items():
            if person.sealed:
                continue
            with self.subTest(name):
                ended = "deferred" if person.found == "trouble" else "held"
                self.assertTrue(self.gateway.wait_for(event=ended, recipient=self.lab.address(name), timeout=60), name)
                self.assertEqual(self.came_for(name), [])

    def test_the_file_that_is_asked_for_is_the_one_that_gnupg_installed(self):
        for name in ("advanced", "direct"):
            part = "" if PEOPLE[name].direct else self.lab.full_name(name) + "/"
            self.assertIn(f"GET /.well-known/openpgpkey/{part}hu/{self.lab.files[name].name}?l=bob HTTP/1.1\r\n".encode(),
                          self.lab.webs[name].requests[0])


if __name__ == "__main__":
    import unittest
    unittest.main()
