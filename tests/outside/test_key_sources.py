"""Keys that nobody imported: in the DNS (SMIMEA, OPENPGPKEY) and on the web (WKD). What DNSSEC or TLS proves is sealed to, what they do
not prove is not, who gives no answer holds nothing but the mail that needs his answer. Real zones are in interop/."""
import hashlib
import subprocess
import time
import unittest

from mail_keys import SmimePerson
from scene import letter as plain_letter
from sealing_scene import SealedScene, armour_of, entity_of, fingerprint
from web_host import WebHost, http

LISTED, UNLISTED = "127.0.8", "127.0.9.7"
SETTINGS = """
[settings]
key_sources = ["smimea", "openpgpkey", "wkd"]
"""


def owner(address, label):
    local, domain = address.split("@")
    return f"{hashlib.sha256(local.encode()).hexdigest()[:56]}.{label}.{domain}"


def der(certificate):
    return subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "der"], check=True, capture_output=True).stdout


class Scene(SealedScene):
    settings = SETTINGS
    discovery = {"mta_sts": False, "egress": ["127.0.0.0/24", f"{LISTED}.0/24"]}
    delivery = {"protect_patience": "20s"}

    def publish(self, person, proven=True):
        """In the DNS."""
        if isinstance(person, SmimePerson):
            name, records = owner(person.address, "_smimecert"), {"SMIMEA": [b"\3\0\0" + der(person.certificate)]}
        else:
            name, records = owner(person.address, "_openpgpkey"), {"OPENPGPKEY": [person.public.read_bytes()]}
        self.stage.zone[name] = records | {"AD": proven}

    def web(self, host, address, reply, **options):
        """A web server that the authority of the stage vouches for."""
        self.stage.zone[host] = {"A": [address]}
        server = WebHost(address, self.stage.authority.server(host), reply, **options)
        self.addCleanup(server.close)
        return server

    def evidence(self, to):
        """Of the key, in the event of the delivery."""
        delivered = self.gateway.wait_for(event="delivered", recipient=to)
        self.assertTrue(delivered, self.gateway.events()[-3:])
        return [line for line in delivered[0]["evidence"] if line.startswith("key ")]

    def probed(self, address):
        told = self.gateway.run("probe", address, json_answer=True)
        return {source["source"]: source for source in told["keys"]}, told


class InTheDns(Scene):
    def test_a_certificate_that_dnssec_proves_is_sealed_to_and_the_event_says_so(self):
        bob = self.smime_person("bob@smime.example")
        self.publish(bob)
        sent = self.send(bob.address)
        self.assertEqual(bob.opens(self.arrived(self.smime, bob.address)), entity_of(sent))
        self.assertEqual(self.evidence(bob.address),
                         [f"key {fingerprint(bob.certificate)}: smimea (SMIMEA 3 0 0, secure, {self.stage.dns.address})"])

    def test_an_openpgp_key_too(self):
        tom = self.pgp_person("tom@pgp.example")
        self.publish(tom)
        sent = self.send(tom.address)
        plain, _ = tom.opens(armour_of(self.arrived(self.pgp, tom.address)))
        self.assertEqual(plain, entity_of(sent))
        self.assertIn(f"key {tom.fingerprint}: openpgpkey (OPENPGPKEY, secure, ", self.evidence(tom.address)[0])

    def test_what_nobody_proves_is_not_sealed_to(self):
        sue, tim = self.smime_person("sue@smime.example"), self.pgp_person("tim@pgp.example")
        for person in (sue, tim):
            self.publish(person, proven=False)
            self.send(person.address)
            self.assertIn("records are there, and do not count without DNSSEC", self.is_held(person.address)["reason"])
        self.assertNotIn([sue.address], [message.recipients for message in self.smime.messages])
        self.assertNotIn([tim.address], [message.recipients for message in self.pgp.messages])

    def test_no_certificate_leads_to_the_next_rung(self):
        amy = self.pgp_person("amy@both.example")
        self.publish(amy)
        sent = self.send(amy.address)
        plain, _ = amy.opens(armour_of(self.arrived(self.both, amy.address)))
        self.assertEqual(plain, entity_of(sent))
        self.assertTrue(self.gateway.events(event="rung", recipient=amy.address))

    def test_a_look_up_that_fails_is_waited_for_and_leads_to_the_next_rung_in_the_end(self):
        eve, smimea = self.pgp_person("eve@both.example"), owner("eve@both.example", "_smimecert")
        self.stage.zone[smimea] = {"SERVFAIL": True}
        self.publish(eve)
        self.send(eve.address)
        self.assertIn("who was asked for one gave no answer: smimea: the look-up of SMIMEA failed: SERVFAIL",
                      self.is_deferred(eve.address)["reason"])
        eve.opens(armour_of(self.arrived(self.both, eve.address, timeout=60)))

    def test_what_was_learned_survives_a_restart(self):
        ann = self.smime_person("ann@smime.example")
        self.publish(ann)
        self.send(ann.address)
        self.arrived(self.smime, ann.address)
        self.gateway.stop()
        self.stage.zone[owner(ann.address, "_smimecert")] = {"SILENT": True}
        self.gateway.start()
        before = len(self.smime.messages)
        sent = self.send(ann.address)
        self.assertEqual(ann.opens(self.arrives(self.smime, before + 1)), entity_of(sent))

    def test_a_resolver_that_never_answers_about_keys_holds_no_other_mail(self):
        hang = [f"hang{number}@smime.example" for number in range(8)]
        for address in hang:
            self.stage.zone[owner(address, "_smimecert")] = {"SILENT": True}
            self.send(address)
        began = time.monotonic()
        tom = self.pgp_person("quick@pgp.example")
        self.publish(tom)
        self.send(tom.address)
        self.send_as_it_is("bob@mixed.example", plain_letter())
        self.arrived(self.mixed, "bob@mixed.example", timeout=20)
        self.arrived(self.pgp, tom.address, timeout=20)
        self.assertLess(time.monotonic() - began, 20)
        self.assertFalse(self.gateway.events(event="delivered", recipient=hang[0]))

    def test_a_probe_prints_them_and_what_the_mail_would_do(self):
        max_, moe = self.smime_person("max@both.example"), self.pgp_person("moe@both.example")
        self.publish(max_)
        self.publish(moe, proven=False)
        sources, told = self.probed(max_.address)
        self.assertEqual([key["fingerprint"] for key in sources["smimea"]["keys"]], [fingerprint(max_.certificate)])
        self.assertEqual((sources["smimea"]["result"], sources["smimea"]["asked"]), ("found", True))
        self.assertEqual((sources["openpgpkey"]["result"], sources["wkd"]["result"]), ("none", "none"))
        self.assertIn("S/MIME", " ".join(told["protect"]["ladder"]))
        sources, _ = self.probed(moe.address)
        self.assertEqual(sources["openpgpkey"]["reason"], "OPENPGPKEY records are there, and do not count without DNSSEC")
        text = self.gateway.run("probe", max_.address).stdout
        self.assertIn(f"certificate {fingerprint(max_.certificate)}, verified, until ", text)


class OnTheWeb(Scene):
    policy = Scene.policy + """
[[rule]]
name = "in trouble"
when.to = ["trap.example", "dripping.example"]
then = { action = "protect", methods = ["openpgp"], reason = "By OpenPGP" }
"""

    def test_a_key_from_the_domains_web_server(self):
        tom = self.pgp_person("tom@pgp.example")
        host = self.web("openpgpkey.pgp.example", LISTED + ".31", http(tom.public.read_bytes(), media_type="application/octet-stream"))
        sent = self.send(tom.address)
        plain, _ = tom.opens(armour_of(self.arrived(self.pgp, tom.address)))
        self.assertEqual(plain, entity_of(sent))
        self.assertIn(f"key {tom.fingerprint}: wkd (WKD, openpgpkey.pgp.example, {LISTED}.31:443)", self.evidence(tom.address)[0])
        self.assertIn(b"GET /.well-known/openpgpkey/pgp.example/hu/", host.requests[0])

    def test_a_host_that_drips_holds_no_other_mail(self):
        drip = self.web("openpgpkey.dripping.example", LISTED + ".32", http(b"x" * 100), drips=True)
        self.send("bob@dripping.example")
        self.send_as_it_is("bob@mixed.example", plain_letter())
        self.arrived(self.mixed, "bob@mixed.example", timeout=10)
        waited = self.is_deferred("bob@dripping.example", timeout=60)
        self.assertIn("who was asked for one gave no answer: wkd: ", waited["reason"])
        self.assertTrue(drip.requests)

    def test_a_host_that_is_neither_public_nor_listed_is_not_asked(self):
        trap = self.web("openpgpkey.trap.example", UNLISTED, http(self.pgp_person("bob@trap.example").public.read_bytes()))
        self.send("bob@trap.example")
        self.assertIn(f"its address {UNLISTED} is not public", self.is_deferred("bob@trap.example")["reason"])
        self.assertEqual(trap.requests, [])


if __name__ == "__main__":
    unittest.main()
