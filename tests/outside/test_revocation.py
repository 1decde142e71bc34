"""Revoked certificates get no mail, whoever says so: an `openssl ocsp` responder, a CRL over HTTP. And what becomes of mail
where nobody says anything, with keys.revocation = "hard" and "soft"."""
import time
import unittest

from mail_keys import SmimePerson
from ports import free_port
from revocation_hosts import CrlServer, Listener, Registry, Responder
from sealing_scene import SealedScene, armour_of, entity_of

LISTED = "127.0.8"     # hosts of the authority, which the configuration lists
UNLISTED = "127.0.9.9"


class Scene(SealedScene):
    """An authority with its hosts. What `smime` gets goes by S/MIME alone, `both` has OpenPGP below it."""
    delivery = {"protect_patience": "6s"}
    discovery = {"egress": ["127.0.0.0/24", f"{LISTED}.0/24"]}

    @classmethod
    def before_start(cls):
        cls.registry = Registry(cls.authority)
        cls.registry.make_crl()
        cls.stage.zone["ocsp.ca.example"] = {"A": [LISTED + ".1"]}
        cls.stage.zone["crl.ca.example"] = {"A": [LISTED + ".2"]}
        cls.stage.zone["trap.ca.example"] = {"A": [UNLISTED]}
        cls.crl = CrlServer(LISTED + ".2", cls.registry.crl)
        cls.addClassCleanup(cls.crl.close)

    def person(self, address, ocsp=None, crl=None):
        """With the URLs in her certificate."""
        more = ([f"authorityInfoAccess=OCSP;URI:{ocsp}"] if ocsp else []) + ([f"crlDistributionPoints=URI:{crl}"] if crl else [])
        return SmimePerson(self.people, address, self.authority, more=more)

    def list_url(self):
        return f"http://crl.ca.example:{self.crl.port}/ca.crl"

    def person_with_responder(self, address, state):
        """`state`: registry.issued or registry.revoked."""
        person, responder = self.person_and_responder(address, state)
        self.addCleanup(responder.close)
        return person

    def person_and_responder(self, address, state):
        port = free_port()
        return state(self.person(address, ocsp=f"http://ocsp.ca.example:{port}/")), Responder(self.registry, port)

    def evidence(self, to):
        """Of the key's revocation, in the event of the delivery."""
        delivered = self.gateway.wait_for(event="delivered", recipient=to)
        self.assertTrue(delivered, self.gateway.events()[-3:])
        return [line for line in delivered[0]["evidence"] if line.startswith("revocation of the key ")]

    def silent_hosts(self):
        """Name, and the URL of a responder that gives no answer."""
        hang, garbage = Listener(LISTED + ".1", "hang"), Listener(LISTED + ".1", "garbage")
        for host in (hang, garbage):
            self.addCleanup(host.close)
        return {"down": free_port(), "hanging": hang.port, "garbage": garbage.port}


class Hard(Scene):
    keys_settings = 'revocation = "hard"'

    def test_good_by_ocsp_is_sealed_and_the_event_says_so(self):
        bob = self.person_with_responder("bob@smime.example", self.registry.issued)
        self.knows(bob)
        sent = self.send(bob.address)
        self.assertEqual(bob.opens(self.arrived(self.smime, bob.address)), entity_of(sent))
        evidence = self.evidence(bob.address)
        self.assertEqual(len(evidence), 1)
        self.assertIn("good (OCSP of ", evidence[0])

    def test_good_by_crl_is_sealed_and_one_list_does_for_two(self):
        sue, tim = (self.person(name + "@smime.example", crl=self.list_url()) for name in ("sue", "tim"))
        self.knows(sue, tim)
        before = len(self.crl.requests)
        for person in (sue, tim):
            sent = self.send(person.address)
            self.assertEqual(person.opens(self.arrived(self.smime, person.address)), entity_of(sent))
            self.assertIn("good (CRL of ", self.evidence(person.address)[0])
        self.assertLessEqual(len(self.crl.requests), before + 1)

    def test_where_ocsp_gives_nothing_the_list_does(self):
        amy = self.person("amy@smime.example", ocsp=f"http://ocsp.ca.example:{free_port()}/", crl=self.list_url())
        self.knows(amy)
        self.send(amy.address)
        self.arrived(self.smime, amy.address)
        self.assertIn("good (CRL of ", self.evidence(amy.address)[0])

    def test_revoked_leads_to_the_next_rung(self):
        eve = self.person_with_responder("eve@both.example", self.registry.revoked)
        pgp = self.pgp_person(eve.address)
        self.knows(eve, pgp)
        sent = self.send(eve.address)
        plain, _ = pgp.opens(armour_of(self.arrived(self.both, eve.address)))
        self.assertEqual(plain, entity_of(sent))
        self.assertIn("its issuer revoked it", str(self.gateway.events(recipient=eve.address)))

    def test_revoked_by_a_list_and_without_another_rung_is_held(self):
        # A list of its own: the other test's may be kept.
        max_ = self.registry.revoked(self.person("max@smime.example", crl=self.list_url() + "?2"))
        self.registry.make_crl()
        self.knows(max_)
        self.send(max_.address)
        self.assertTrue(self.gateway.wait_for(event="held", recipient=max_.address))
        self.assertNotIn([max_.address], [message.recipients for message in self.smime.messages])

    def test_a_restart_forgets_neither_good_nor_revoked_though_nobody_answers_any_more(self):
        kim, kim_responder = self.person_and_responder("kim@smime.example", self.registry.issued)
        zoe, zoe_responder = self.person_and_responder("zoe@smime.example", self.registry.revoked)
        self.knows(kim, zoe)
        self.send(kim.address)
        self.arrived(self.smime, kim.address)
        self.send(zoe.address)
        self.assertTrue(self.gateway.wait_for(event="held", recipient=zoe.address))
        kim_responder.close()
        zoe_responder.close()
        self.gateway.stop()
        self.gateway.start()
        self.send(kim.address)
        self.send(zoe.address)
        for address, event in ((kim.address, "delivered"), (zoe.address, "held")):
            self.assertEqual(len(self.gateway.wait_for(count=2, event=event, recipient=address)), 2)
        self.assertNotIn([zoe.address], [message.recipients for message in self.smime.messages])
        self.assertFalse(self.gateway.events(event="deferred", recipient=kim.address))

    def test_no_answer_is_waited_for_and_then_leads_to_the_next_rung(self):
        people = {}
        for name, port in self.silent_hosts().items():
            address = f"{name}@both.example"
            people[name] = self.person(address, ocsp=f"http://ocsp.ca.example:{port}/"), self.pgp_person(address)
        self.knows(*(one for pair in people.values() for one in pair))
        sent = {name: self.send(smime.address) for name, (smime, _) in people.items()}
        for name, (smime, pgp) in people.items():
            with self.subTest(name):
                plain, _ = pgp.opens(armour_of(self.arrived(self.both, smime.address, timeout=60)))
                self.assertEqual(plain, entity_of(sent[name]))
                waited = self.gateway.events(event="deferred", recipient=smime.address)
                self.assertTrue(waited)
                self.assertIn("whether it was revoked could not be learned: unknown (", waited[0]["reason"])

    def test_hosts_that_are_not_public_and_not_listed_are_not_contacted(self):
        trap = Listener(UNLISTED, "garbage")
        self.addCleanup(trap.close)
        inside = {"name": f"http://trap.ca.example:{trap.port}/", "address": f"http://{UNLISTED}:{trap.port}/",
                  "metadata": "http://169.254.169.254/", "private": "http://10.0.0.1/", "v6": f"http://[::ffff:{UNLISTED}]:{trap.port}/"}
        people = [self.person(f"in-{name}@smime.example", ocsp=url, crl=url) for name, url in inside.items()]
        self.knows(*people)
        for person in people:
            self.send(person.address)
        for person in people:
            waited = self.gateway.wait_for(event="deferred", recipient=person.address)
            self.assertIn("is not public", waited[0]["reason"])
        self.assertEqual(trap.connections, 0)


class Soft(Scene):
    keys_settings = 'revocation = "soft"'

    def test_no_answer_is_told_and_the_certificate_is_used(self):
        people = {name: self.person(f"{name}@smime.example", ocsp=f"http://ocsp.ca.example:{port}/")
                  for name, port in self.silent_hosts().items()}
        self.knows(*people.values())
        for name, person in people.items():
            with self.subTest(name):
                began = time.monotonic()
                sent = self.send(person.address)
                self.assertEqual(person.opens(self.arrived(self.smime, person.address)), entity_of(sent))
                self.assertLess(time.monotonic() - began, 15)  # patience is 10 s
                self.assertIn(": unknown (", self.evidence(person.address)[0])
        log = self.gateway.log_file.read_text()
        self.assertEqual(log.count("could not be learned"), len(people))

    def test_revoked_is_revoked(self):
        eve = self.person_with_responder("eve@smime.example", self.registry.revoked)
        self.knows(eve)
        self.send(eve.address)
        self.assertTrue(self.gateway.wait_for(event="held", recipient=eve.address))
        self.assertNotIn([eve.address], [message.recipients for message in self.smime.messages])


if __name__ == "__main__":
    unittest.main()
