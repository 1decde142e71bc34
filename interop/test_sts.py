"""MTA-STS against a world with policy hosts (sts_lab.py): `postern probe`, mta-sts-query as an independent witness, and the gateway
itself, with attackers on the way."""
import json
import time
from concurrent.futures import ThreadPoolExecutor

from gateway import wait_until
from lab_scene import LabScene
from private_root import PrivateRoot
from scene import ANN, letter
from sender import queue_id
from sts_lab import STS_DOMAINS, StsLab, http, policy

PATIENCE = 60
ENFORCED = [name for name, domain in STS_DOMAINS.items() if domain.expects in ("mta-sts", "refused")]


# What mta-sts-query does (postfix_mta_sts_resolver/__main__.py), for many domains in one process.
ASK = """\
import asyncio, sys
from postfix_mta_sts_resolver.resolver import STSResolver
async def ask_all(names):
    resolver = STSResolver(loop=asyncio.get_event_loop(), timeout=15)
    for name, result in zip(names, await asyncio.gather(*map(resolver.resolve, names))):
        print(name, result)
asyncio.run(ask_all(sys.argv[1:]))
"""


class TheLab(LabScene):
    make_lab, patience = StsLab, PATIENCE

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.write_configuration()

    def send(self, name, subject=b"Lunch"):
        with self.gateway.sender() as exchange:
            return queue_id(exchange.send(ANN, ["bob@" + self.lab.full_name(name)], letter(subject=subject))[-1])


def what_probe_says(report):
    for host in report["deliver"]["hosts"]:
        if "unmet" not in host:
            if host["required"] in ("dane", "mta-sts"):
                return host["required"]
            (session,) = next(one["sessions"] for one in report["hosts"] if one["host"] == host["host"])
            return "unauthenticated" if "tls" in session else "clear"
    return "refused"


def what_query_says(said):
    for word, state in (("STSFetchResult.VALID", "known"), ("STSFetchResult.NONE", "absent"), ("STSFetchResult.FETCH_ERROR", "unfetched")):
        if word in said:
            return state
    return said


class Probe(TheLab):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with ThreadPoolExecutor(5) as pool:
            witness = pool.submit(cls.ask_query)
            cls.reports = dict(zip(STS_DOMAINS, pool.map(cls.probe, map(cls.lab.full_name, STS_DOMAINS))))
            cls.witness = witness.result()

    def test_probe_sees_what_each_domain_of_the_lab_is(self):
        for name, domain in STS_DOMAINS.items():
            with self.subTest(name):
                report = self.reports[name]
                self.assertEqual(report["mta_sts"]["state"], domain.sts, json.dumps(report, indent=1))
                self.assertEqual(what_probe_says(report), domain.expects, json.dumps(report, indent=1))

    @classmethod
    def ask_query(cls):
        """{name: what mta-sts-query printed}, in a private root whose resolver is the lab's."""
        out = cls.folder / "witness"
        out.mkdir()
        root = PrivateRoot("postfix-mta-sts-resolver", cls.folder / "query", users={}, binds={out: "/out"})
        cls.addClassCleanup(root.stop)
        root.write("/etc/resolv.conf", f"nameserver {cls.lab.resolver.split(':')[0]}\n")
        root.copy(cls.lab.authority.certificate, "/etc/ca.pem")
        root.write("/ask.py", ASK)
        names = " ".join(map(cls.lab.full_name, STS_DOMAINS))
        root.start(f"SSL_CERT_FILE=/etc/ca.pem python3 /ask.py {names} >/out/half; mv /out/half /out/all")
        if not wait_until((out / "all").exists, PATIENCE):
            raise TimeoutError("mta-sts-query does not end: " + root.said())
        said = dict(line.split(" ", 1) for line in (out / "all").read_text().splitlines())
        return {name: said[cls.lab.full_name(name)] for name in STS_DOMAINS}

    def test_mta_sts_query_agrees_but_for_the_differences_that_are_explained(self):
        for name, domain in STS_DOMAINS.items():
            with self.subTest(name):
                self.assertEqual(what_query_says(self.witness[name]), domain.query or domain.sts, self.witness[name])
                self.assertEqual(bool(domain.query), bool(domain.query_why), "a difference is explained")
                if domain.sts == "known" and not domain.query:
                    for pattern in self.reports[name]["mta_sts"]["mx"]:
                        self.assertIn(repr(pattern), self.witness[name])

    def test_probe_tells_policy_and_evidence(self):
        sts = self.reports["enforce"]["mta_sts"]
        full = self.lab.full_name("enforce")
        self.assertEqual((sts["mode"], sts["mx"], sts["id"]), ("enforce", ["mx." + full], "1"))
        lines = "\n".join(sts["evidence"])
        self.assertIn(f"TXT _mta-sts.{full}: v=STSv1; id=1", lines)
        self.assertIn(f"MTA-STS of {full}: enforce, mx.{full}, 604800 s (https://mta-sts.{full}/.well-known/mta-sts.txt, ", lines)
        self.assertEqual(self.reports["enforce"]["hosts"][0]["sessions"][0]["level"], "mta-sts")
        text = self.gateway.run("probe", full).stdout
        self.assertIn("MTA-STS: known, enforce, for mx." + full, text)

    def test_explain_tells_it_too(self):
        message = self.folder / "letter.eml"
        message.write_bytes(letter())
        full = self.lab.full_name("enforce")
        text = self.gateway.run("explain", str(message), "--from", ANN, "--to", "bob@" + full, "--look-up").stdout
        self.assertIn(f"known: MTA-STS of {full}: enforce, ", text)

    def test_a_policy_host_that_is_not_listed_is_not_connected_to(self):
        listed = self.gateway.discovery["egress"]
        self.addCleanup(self.gateway.write_configuration)
        self.addCleanup(self.gateway.discovery.update, egress=listed)
        (mail_host,) = self.lab.sinks_of("enforce")
        self.gateway.discovery["egress"] = [f"{mail_host.host}/32"]
        self.gateway.write_configuration()
        before = len(self.lab.policies["enforce"].requests)
        sts = self.probe(self.lab.full_name("enforce"))["mta_sts"]
        self.assertEqual(sts["state"], "unfetched")
        self.assertIn("is not public", sts["reason"])
        self.assertEqual(len(self.lab.policies["enforce"].requests), before)


class Deliveries(TheLab):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.start()
        cls.ids = cls.mail_everybody()

    def test_mail_leaves_exactly_where_the_policy_is_kept(self):
        wait_until(lambda: all(self.ended(number) for number in self.ids.values()), PATIENCE)
        for name, domain in STS_DOMAINS.items():
            events = self.gateway.events(queue_id=self.ids[name, "deliver"])
            with self.subTest(name):
                self.assertEqual("delivered" in self.ended(self.ids[name, "deliver"]), domain.expects != "refused", events)
        for name in ENFORCED:
            for sink in self.lab.sinks_of(name):
                self.assertEqual([message for message in sink.messages if not message.tls], [], name)
                self.assertEqual(sink.mail_in_clear, [], name)

    def test_mail_that_must_be_protected_waits_for_a_promise_and_never_moves_on(self):
        for name in ("mismatch", "untrusted", "other-name", "stripped", "no-tls"):
            number = self.ids[name, "protect"]
            with self.subTest(name):
                self.assertTrue(wait_until(lambda: len(self.gateway.events(queue_id=number, event="deferred")) >= 3, PATIENCE))
                self.assertEqual(self.ended(number), {"deferred"}, self.gateway.events(queue_id=number))

    def test_a_host_that_no_pattern_allows_is_passed_over_and_the_next_has_the_mail(self):
        (event,) = self.gateway.wait_for(event="delivered", queue_id=self.ids["second", "deliver"])
        self.assertTrue(event["host"].startswith("mx2."), event)
        self.assertEqual(self.gateway.events(queue_id=self.ids["second", "deliver"], event="deferred"), [])
        first = next(sink for sink in self.lab.sinks_of("second") if sink.hostname.startswith("mx1."))
        self.assertEqual(first.connections, 0)

    def test_the_event_says_what_was_required_and_on_what_evidence(self):
        full = self.lab.full_name("enforce")
        (event,) = self.gateway.wait_for(event="delivered", queue_id=self.ids["enforce", "deliver"])
        self.assertEqual(event["required"], "mta-sts")
        self.assertTrue(any(line.startswith(f"MTA-STS of {full}: enforce, mx.{full}, ") for line in event["evidence"]), event)
        refused = self.gateway.wait_for(event="deferred", queue_id=self.ids["mismatch", "deliver"])[0]
        self.assertEqual(refused["reason"], "the domain's MTA-STS policy does not allow mx." + self.lab.full_name("mismatch"))

    def test_a_policy_in_testing_stops_nothing_and_what_it_would_have_stopped_is_told(self):
        for name, why in (("testing", "the certificate is not trusted"), ("testing-mismatch", "the policy does not allow"),
                          ("testing-stripped", "the connection is not encrypted")):
            (event,) = self.gateway.wait_for(event="delivered", queue_id=self.ids[name, "deliver"])
            told = [line for line in event["evidence"] if "would have stopped this mail: " + why in line]
            self.assertEqual(len(told), 1, event)

    def test_a_policy_host_that_drips_holds_its_own_mail_for_its_patience_and_nobody_elses(self):
        self.gateway.wait_for(timeout=PATIENCE, event="delivered", queue_id=self.ids["drip", "deliver"])
        begin = time.monotonic()
        (event,) = self.gateway.wait_for(event="delivered", queue_id=self.send("drip"))
        self.assertLess(time.monotonic() - begin, 10, "the fetch that failed was made again")
        self.assertTrue(event)
        self.assertEqual(len(self.lab.policies["drip"].requests), 1)


class Attackers(TheLab):
    """A policy was seen once. From then on an attacker who owns the network cannot bring the mail into the clear."""

    def setUp(self):
        self.gateway.start()

    def tearDown(self):
        self.gateway.stop()

    def test_after_a_restart_without_the_policy_host_a_host_whose_starttls_is_stripped_gets_nothing(self):
        first = self.send("enforce")
        self.assertTrue(self.gateway.wait_for(event="delivered", queue_id=first))
        self.assertTrue(wait_until((self.gateway.state / "mta-sts").exists, 10))
        self.gateway.kill()
        self.lab.policies["enforce"].close()
        (sink,) = self.lab.sinks_of("enforce")
        sink.starttls_offered = False
        self.gateway.start()
        number = self.send("enforce")
        self.assertTrue(wait_until(lambda: len(self.gateway.events(queue_id=number, event="deferred")) >= 2, PATIENCE))
        (event, *_) = self.gateway.events(queue_id=number, event="deferred")
        self.assertTrue(any("(kept since " in line for line in event["evidence"]), event)
        self.assertEqual(sink.mail_in_clear, [])
        sink.starttls_offered = True
        self.assertTrue(self.gateway.wait_for(event="delivered", queue_id=number))

    def test_a_domain_that_moves_and_publishes_a_new_policy_under_a_new_id_or_the_old_gets_its_mail(self):
        full = self.lab.full_name("mismatch")
        number = self.send("mismatch")
        self.assertTrue(self.gateway.wait_for(event="deferred", queue_id=number))
        self.lab.policies["mismatch"].say(http(policy("enforce", ["mx." + full])))
        # Kept for a week, and fetched a moment ago: it is asked again once the gap between two fetches is over (5 minutes), which
        # tests/gateway/sts_courier_test.cpp waits for. Who forgets what was kept fetches at once.
        self.gateway.stop()
        (self.gateway.state / "mta-sts").unlink()
        self.gateway.start()
        self.assertTrue(self.gateway.wait_for(event="delivered", queue_id=number))

    def test_a_file_that_is_damaged_is_said_and_does_not_stop_the_gateway(self):
        self.gateway.stop()
        (self.gateway.state / "mta-sts").write_bytes(b"postern mta-sts 1\n\xff\xff")
        self.gateway.start()
        self.assertIn("MTA-STS: the policies that were kept are lost", self.gateway.log_file.read_text())
        self.assertTrue(self.gateway.wait_for(event="delivered", queue_id=self.send("wildcard")))
