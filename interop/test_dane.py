"""DANE against a world with DNSSEC (lab.py): `postern probe`, Postfix's posttls-finger as an independent witness, and the gateway itself."""
import json
import re
from concurrent.futures import ThreadPoolExecutor

from gateway import wait_until
from lab import DOMAINS, Lab
from lab_scene import LabScene
from private_root import PrivateRoot
from scene import ANN, letter

PATIENCE = 40


def what_probe_says(report):
    """In the words of lab.DOMAINS: what mail that needs no protection would do."""
    if report["mx"]["result"] == "failed":
        return "deferred"
    if "hosts" not in report:
        return "none"
    for host in report["deliver"]["hosts"]:
        if "unmet" not in host:
            return "dane" if host["required"] == "dane" else "unauthenticated"
    return "refused"


def what_postfix_says(said):
    """Of posttls-finger at level dane. It reports, and refuses nothing: what Postfix would refuse is in its words."""
    if "Matched DANE" in said and "Verified TLS connection established" in said:
        return "dane"
    if "server certificate verification failed" in said:
        return "refused"
    if "TLS connection established" in said:
        return "unauthenticated"
    return "deferred" if "Destination address lookup failed" in said else "refused"


class TheLab(LabScene):
    make_lab, patience = Lab, PATIENCE


class Probe(TheLab):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with ThreadPoolExecutor(4) as pool:
            cls.reports = dict(zip(DOMAINS, pool.map(cls.probe, (cls.lab.full_name(name) for name in DOMAINS))))
        cls.witness = cls.ask_postfix()

    @classmethod
    def ask_postfix(cls):
        """{name: what posttls-finger printed}, all asked in one private root whose resolver is the lab's."""
        out = cls.folder / "witness"
        out.mkdir()
        root = PrivateRoot("postfix", cls.folder / "postfix", users={"postfix": 901}, groups={"postdrop": 902}, binds={out: "/out"})
        cls.addClassCleanup(root.stop)
        address = cls.lab.resolver.split(":")[0]
        root.write("/etc/resolv.conf", f"nameserver {address}\noptions trust-ad edns0 timeout:5 attempts:1\n")
        root.write("/etc/postfix/main.cf", "compatibility_level = 3.6\ninet_protocols = ipv4\nmyhostname = gw.clinic.example\n"
                                           "smtp_dns_support_level = dnssec\n")
        root.copy(cls.lab.authority.certificate, "/etc/ca.pem")
        finger = "posttls-finger -t 10 -T 10 -l dane -L verbose,summary -F /etc/ca.pem"
        names = " ".join(domain.zone + ":" + name for name, domain in DOMAINS.items())
        root.start(f"ask() {{ zone=${{1%%:*}}; name=${{1#*:}}; {finger} $name.$zone.example:{cls.lab.port} >/out/$name.half 2>&1; "
                   f"mv /out/$name.half /out/$name.txt; }}; for one in {names}; do ask $one & "
                   f"[ $(jobs -p | wc -l) -lt 4 ] || wait; done; wait; touch /out/done")
        wait_until((out / "done").exists, PATIENCE)
        return {path.stem: path.read_text(errors="replace") for path in out.glob("*.txt")}

    def test_probe_sees_what_each_domain_of_the_lab_is(self):
        for name, domain in DOMAINS.items():
            with self.subTest(name):
                self.assertEqual(what_probe_says(self.reports[name]), domain.expects, json.dumps(self.reports[name], indent=1))

    def test_posttls_finger_agrees_but_for_the_differences_that_are_explained(self):
        for name, domain in DOMAINS.items():
            with self.subTest(name):
                self.assertIn(name, self.witness, "posttls-finger said nothing")
                self.assertEqual(what_postfix_says(self.witness[name]), domain.postfix or domain.expects, self.witness[name])
                self.assertEqual(bool(domain.postfix), bool(domain.why), "a difference is explained")

    def test_probe_tells_the_evidence_of_each_look_up(self):
        report = self.reports["ee"]
        self.assertTrue(report["mx"]["secure"])
        self.assertIn("(secure, ", report["mx"]["evidence"][0])
        (host,) = report["hosts"]
        self.assertEqual(host["dane"]["state"], "usable")
        self.assertTrue(any(line.startswith(f"TLSA _{self.lab.port}._tcp.mx.ee.good.example: 3 1 1 ") for line in host["evidence"]), host)
        (session,) = host["sessions"]
        self.assertEqual(session["level"], "dane")
        self.assertEqual(session["tls"]["tlsa"], host["dane"]["records"][0])
        self.assertFalse(session["tls"]["chain_valid"])
        self.assertIn("bogus", self.reports["bogus"]["mx"]["evidence"][0])
        self.assertIn("(failed, ", self.reports["servfail"]["mx"]["evidence"][0])

    def test_a_verified_floor_is_not_met_by_records_that_cannot_be_matched(self):
        (host,) = self.reports["unusable"]["protect"]["hosts"]
        self.assertEqual(host["required"], "verified")
        self.assertIn("not trusted", host["unmet"])
        (host,) = self.reports["no-tlsa-authority"]["protect"]["hosts"]
        self.assertNotIn("unmet", host)

    def test_the_text_is_for_people_and_no_mail_is_sent(self):
        text = self.gateway.run("probe", "bob@ee.good.example").stdout
        for words in ("mx.ee.good.example must reach dane, and does", "matches TLSA 3 1 1", "DANE: usable", "reaches dane"):
            self.assertIn(words, text)
        self.assertEqual(self.gateway.run("probe", "null.good.example").returncode, 1)
        self.assertEqual(self.gateway.run("probe", "nowhere.good.example").returncode, 1)
        self.assertEqual(self.gateway.run("probe", "not a domain").returncode, 2)
        verbs = {verb for sink in self.lab.sinks for _, verb in sink.commands}
        self.assertLessEqual(verbs, {"EHLO", "STARTTLS", "QUIT"})

    def test_explain_tells_the_evidence_where_it_may_look(self):
        message = self.folder / "letter.eml"
        message.write_bytes(letter())
        text = self.gateway.run("explain", str(message), "--from", ANN, "--to", "bob@ee.good.example", "--look-up").stdout
        self.assertIn("known: MX ee.good.example: 10 mx.ee.good.example (secure, ", text)


class Deliveries(TheLab):
    """What probe says is what the gateway does."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.start()
        cls.ids = cls.mail_everybody()

    def test_mail_leaves_exactly_where_the_domain_keeps_what_it_promises(self):
        wait_until(lambda: all(self.ended(number) for number in self.ids.values()), PATIENCE)
        for (name, kind), number in self.ids.items():
            if kind == "protect":
                continue
            with self.subTest(name):
                leaves = DOMAINS[name].expects in ("dane", "unauthenticated")
                self.assertEqual("delivered" in self.ended(number), leaves, self.gateway.events(queue_id=number))

    def test_protected_mail_leaves_by_dane_or_verified_and_never_moves_on_from_a_broken_promise(self):
        wait_until(lambda: all(self.ended(number) for number in self.ids.values()), PATIENCE)
        promised = [name for name, domain in DOMAINS.items() if domain.expects == "refused" and not domain.hosts[0].broken]
        self.assertGreater(len(promised), 3)
        # Longer than patience and proof, which end the rung of a domain that promises nothing.
        self.assertTrue(wait_until(lambda: "held" in self.ended(self.ids["no-tlsa", "protect"]), PATIENCE))
        for name, domain in DOMAINS.items():
            number = self.ids[name, "protect"]
            with self.subTest(name):
                leaves = domain.expects == "dane" or name in ("no-tlsa-authority", "pkix-only")
                self.assertEqual("delivered" in self.ended(number), leaves, self.gateway.events(queue_id=number))
                if name in promised:
                    self.assertTrue(wait_until(lambda: len(self.gateway.events(queue_id=number, event="deferred")) >= 3, PATIENCE))
                    self.assertEqual(self.ended(number), {"deferred"}, self.gateway.events(queue_id=number))
        clear = [message for sink in self.lab.sinks for message in sink.messages if not message.tls]
        self.assertEqual(clear, [])

    def test_the_event_says_what_was_required_and_on_what_evidence(self):
        (event,) = self.gateway.wait_for(event="delivered", queue_id=self.ids["ee", "protect"])
        self.assertEqual(event["required"], "dane")
        self.assertTrue(event["tls"]["tlsa"].startswith("3 1 1 "))
        self.assertFalse(event["tls"]["verified"])
        self.assertTrue(any(line.startswith("MX ee.good.example: ") and "(secure, " in line for line in event["evidence"]), event)
        self.assertTrue(any(line.startswith("TLSA ") for line in event["evidence"]), event)
        refused = self.gateway.wait_for(event="deferred", queue_id=self.ids["ee-wrong", "protect"])[0]
        self.assertIn("does not match the TLSA records", refused["reason"])

    def test_one_broken_host_does_not_defer_the_domain(self):
        for name in ("second-host", "second-host-skipped", "first-host-down"):
            (event,) = self.gateway.wait_for(event="delivered", queue_id=self.ids[name, "protect"])
            self.assertTrue(event["host"].startswith("mx2."), event)
            self.assertEqual(self.gateway.events(queue_id=self.ids[name, "protect"], event="deferred"), [])
