"""What a tenant sends leaves with its DKIM signatures, which an independent reader finds good; what is not its own leaves without."""
import re
import unittest

from dkim_keys import DkimKeys, published, verify
from gateway import TENANTS, wait_until
from scene import ANN, BOB, Refusals, Scene, letter
from sender import queue_id
from stage import temporary_stage


SECRET = "present-value-0123456789"


class Signing(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = DkimKeys(cls.gateway.folder)
        cls.keys.make("r1", "rsa")
        cls.keys.make("e1", "ed25519")
        cls.gateway.stop()
        cls.gateway.tenants = (TENANTS.replace("bind     = {", 'bind     = { originator_org = ["clinic.example"],')
                               .replace('domains  = ["clinic.example"]', 'domains  = ["clinic.example", "other.example"]')
                               + 'classes = { forwarded = "relay" }\n' + cls.keys.setting("clinic.example"))
        cls.gateway.write_configuration()
        cls.gateway.start()
        cls.records = published(cls.gateway)

    def came(self, body, sender=ANN):
        replies = self.exchange(body, sender=sender)
        self.assertEqual(replies[-1].code, 250, replies)
        return self.arrived_as(replies[-1]).body

    def letter(self, text=b"Hello\r\n", extra=b"", **more):
        return letter(text, extra=b"X-OriginatorOrg: clinic.example\r\n" + extra, **more)

    def test_rsa_and_ed25519_side_by_side_and_the_records_that_check_prints(self):
        self.assertEqual(sorted(self.records), ["e1._domainkey.clinic.example", "r1._domainkey.clinic.example"])
        came = self.came(self.letter())
        self.assertEqual(verify(came, self.records), ["pass", "pass"])
        self.assertEqual(re.findall(rb"\ss=(\w+);", came), [b"r1", b"e1"])
        self.assertLess(came.index(b"Received:"), came.index(b"DKIM-Signature:"))

    def signers_on_record(self, body):
        reply = self.exchange(body)[-1]
        self.arrived_as(reply)
        (delivered,) = self.gateway.wait_for(event="delivered", queue_id=queue_id(reply))
        return [line for line in delivered["evidence"] if "DKIM" in line]

    def test_the_event_of_a_delivery_names_domain_and_selector_of_each_signature(self):
        self.assertEqual(self.signers_on_record(self.letter()), ["DKIM key that signs: selector r1 of clinic.example (configuration)",
                                                                 "DKIM key that signs: selector e1 of clinic.example (configuration)"])
        self.assertEqual(self.signers_on_record(self.letter(sender=b"ann@other.example")), [])

    def test_the_reader_would_have_noticed(self):
        came = self.came(self.letter())
        self.assertEqual(verify(came.replace(b"Hello", b"Hallo"), self.records), ["fail", "fail"])
        self.assertEqual(verify(came.replace(b"Lunch", b"Brunch"), self.records), ["fail", "fail"])
        self.assertEqual(verify(b"Reply-To: <eve@evil.example>\r\n" + came, self.records), ["fail", "fail"])

    def test_a_body_of_many_chunks_and_one_that_comes_by_bdat(self):
        long = self.letter(b"".join(b"line %d  \t\r\n" % number for number in range(60_000)) + b"\r\n\r\n")
        self.assertEqual(verify(self.came(long), self.records), ["pass", "pass"])
        reply = self.exchange(self.letter(b"in pieces \r\n\r\n"), chunks=[7, 50, 3])[-1]
        self.assertEqual(verify(self.arrived_as(reply).body, self.records), ["pass", "pass"])

    def test_an_automatic_answer_from_the_null_sender_is_signed(self):
        self.assertEqual(verify(self.came(self.letter(extra=b"Auto-Submitted: auto-replied\r\n"), sender=""), self.records), ["pass", "pass"])

    def test_forwarded_mail_leaves_as_it_came(self):
        theirs = b"DKIM-Signature: v=1; a=rsa-sha256; d=stranger.example; s=x; h=from; bh=AAAA; b=AAAA\r\n"
        for extra, sender in ((theirs, b"eve@stranger.example"),
                              (b"X-MS-Exchange-CrossTenant-FromEntityHeader: Internet\r\n", ANN.encode())):
            with self.subTest(sender):
                body = self.letter(extra=extra, sender=sender)
                came = self.came(body)
                self.assertEqual(came.count(b"DKIM-Signature"), body.count(b"DKIM-Signature"))  # theirs stays, none is added
                self.assertTrue(came.endswith(body))

    def test_a_domain_of_the_tenant_without_a_key_is_not_signed_with_anothers(self):
        self.assertNotIn(b"DKIM-Signature", self.came(self.letter(sender=b"ann@other.example")))

    def test_a_notice_about_it_is_signed_in_the_name_of_the_gateways_host(self):
        before = len(self.home.messages)
        refused = self.stage.open("refuses.example", refuse_rcpt="550 5.1.1 no\r\n")
        reply = self.exchange(self.letter(), to=("x@" + "refuses.example",))[-1]
        notice = self.arrives(self.home, before).body
        self.assertIn(queue_id(reply).encode(), notice)
        self.assertEqual(verify(notice, self.records), ["pass", "pass"])
        self.assertFalse(refused.messages)


class Monitored(Scene):
    """In monitor mode every customer of Microsoft can send in the tenant's name; the signature is for those who proved it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = DkimKeys(cls.gateway.folder)
        cls.keys.make("e1", "ed25519")
        (cls.gateway.folder / "clinic-key").write_text(SECRET + "\n")
        cls.gateway.stop()
        header = '{ name = "X-Clinic-Key", value = "file:clinic-key" }'
        cls.gateway.tenants = (TENANTS.replace('mode = "enforce",', f'mode = "monitor", originator_org = ["clinic.example"], header = {header},')
                               + 'classes = { forwarded = "relay" }\n' + cls.keys.setting("clinic.example"))
        cls.gateway.write_configuration()
        cls.gateway.start()
        cls.records = published(cls.gateway)

    ORGANISATION, KEY = b"X-OriginatorOrg: clinic.example\r\n", b"X-Clinic-Key: " + SECRET.encode() + b"\r\n"

    def came(self, extra, certificate, **more):
        with self.gateway.sender(certificate=certificate) as exchange:
            reply = exchange.send(ANN, [BOB], letter(extra=extra, **more))[-1]
        self.assertEqual(reply.code, 250, reply.text)
        return self.arrived_as(reply).body

    def test_only_what_every_condition_held_of_is_signed(self):
        ours, others = self.gateway.client, self.stage.authority.client("other.example")
        self.assertEqual(verify(self.came(self.ORGANISATION + self.KEY, ours), self.records), ["pass"])
        for what, certificate, extra in (("secret", ours, self.ORGANISATION), ("organisation", ours, self.KEY), ("nothing at all", None, b""),
                                         ("certificate", others, self.ORGANISATION + self.KEY), ("guessed", ours, self.ORGANISATION + b"X-Clinic-Key: x\r\n")):
            with self.subTest(what):
                self.assertNotIn(b"DKIM-Signature", self.came(extra, certificate))

    def test_another_from_is_not_signed_either(self):
        self.assertNotIn(b"DKIM-Signature", self.came(self.ORGANISATION + self.KEY, self.gateway.client, sender=b"eve@stranger.example"))


class Keys(Refusals):
    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.good = self.stage.open("good.example")
        self.gateway = self.stage.gateway(start=False)
        self.addCleanup(self.gateway.stop)
        self.keys = DkimKeys(self.gateway.folder)

    def configure(self):
        self.gateway.tenants = TENANTS + self.keys.setting("clinic.example")
        self.gateway.write_configuration()

    def send(self):
        before = len(self.good.messages)
        with self.gateway.sender() as connection:
            self.assertEqual(connection.send(ANN, [BOB], letter())[-1].code, 250)
        self.assertTrue(self.good.wait(before + 1))
        return self.good.messages[before].body

    def test_a_reload_exchanges_them(self):
        self.keys.make("p1", "rsa")
        self.configure()
        self.gateway.start()
        self.assertEqual(re.findall(rb"\ss=(\w+);", self.send()), [b"p1"])
        self.keys.make("p2", "rsa")
        self.configure()
        self.assertEqual(self.gateway.run("reload").returncode, 0)
        self.assertEqual(re.findall(rb"\ss=(\w+);", both := self.send()), [b"p1", b"p2"])
        self.assertEqual(verify(both, published(self.gateway)), ["pass", "pass"])
        self.keys.selectors.remove("p1")
        self.configure()
        self.assertEqual(self.gateway.run("reload").returncode, 0)
        self.assertEqual(re.findall(rb"\ss=(\w+);", self.send()), [b"p2"])

    def test_a_bad_key_changes_nothing_at_a_reload_and_stops_a_start(self):
        self.keys.make("p1", "rsa")
        self.configure()
        self.gateway.start()
        self.keys.make("weak", "rsa-1024")
        self.configure()
        reload = self.gateway.run("reload")
        self.assertEqual(reload.returncode, 3, reload)
        self.assertIn("1024", reload.stdout + reload.stderr)
        self.assertEqual(re.findall(rb"\ss=(\w+);", self.send()), [b"p1"])
        self.gateway.stop()
        self.ends(4, "dkim weak of clinic.example", "2048")

    def test_check_says_everything_that_is_wrong_with_them(self):
        self.keys.make("weak", "rsa-1024")
        self.keys.selectors.append("gone")
        self.configure()
        done = self.gateway.run("check")
        self.assertEqual(done.returncode, 3, done.stdout)
        for words in ("dkim weak of clinic.example", "dkim gone of clinic.example"):
            self.assertIn(words, done.stdout)

    def test_check_warns_of_ed25519_alone(self):
        self.keys.make("e1", "ed25519")
        self.configure()
        done = self.gateway.run("check")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("warning: tenant clinic: clinic.example has DKIM keys of Ed25519 alone", done.stdout)


if __name__ == "__main__":
    unittest.main()
