"""REQUIRETLS and "TLS-Required: No" (RFC 8689) against servers that take over the duty, do not, or have it hidden from us."""
import unittest

from gateway import wait_until
from scene import ANN, Scene, letter

OFFER = ("REQUIRETLS", "DSN")
NOT_NEEDED = b"TLS-Required: No\r\n"


class InTheClearOnly:
    """Announces REQUIRETLS before TLS, as an attacker may, and not inside it."""
    def __init__(self, sink):
        self.sink = sink

    def __iter__(self):
        return iter(() if self.sink.commands and self.sink.commands[-1][0] else OFFER)


class RequireTls(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        own = cls.own_certificate
        cls.does = cls.stage.open("does.example", certificate=own("does.example"), offers=OFFER)
        cls.does_not = cls.stage.open("doesnot.example", certificate=own("doesnot.example", "both.example"), offers=("DSN",))
        cls.unknown = cls.stage.open("unknown.example", offers=OFFER)  # its certificate is for the name that MX records give
        cls.clear = cls.stage.open("clear.example", certificate=own("clear.example"))
        cls.clear.offers = InTheClearOnly(cls.clear)
        cls.stripped = cls.stage.open("stripped.example", certificate=own("stripped.example"), offers=OFFER, starttls_offered=False)
        cls.stage.zone["both.example"] = {"MX": [(10, "mx.doesnot.example"), (20, "mx.second.example")]}
        cls.second = cls.stage.open("second.example", certificate=cls.stage.authority.server("mx.second.example", ["mx.second.example", "both.example"]),
                                    offers=OFFER)

    @classmethod
    def own_certificate(cls, domain, *others):
        """DNS is not signed here: who serves a domain shows that by a certificate for the domain itself."""
        return cls.stage.authority.server("own-" + domain, ["mx." + domain, domain, *others])

    def send(self, to, parameters="REQUIRETLS", body=None):
        with self.gateway.sender() as exchange:
            reply = exchange.send((ANN, parameters), [to], body or letter())[-1]
        self.assertEqual(reply.code, 250, reply.text)

    def goes_back(self, to, **options):
        """As 5.7.30, and `to`'s server heard no sender."""
        self.send(to, **options)
        self.gateway.wait_for(event="bounced", recipient=to)
        self.assertEqual(self.gateway.events(event="bounced", recipient=to)[-1]["status"], "5.7.30")

    def test_it_is_announced_inside_tls_alone(self):
        with self.gateway.sender() as exchange:
            self.assertIn("REQUIRETLS", exchange.hello.lines)
        with self.gateway.sender(starttls=False) as exchange:
            self.assertNotIn("REQUIRETLS", exchange.hello.lines)

    def test_a_server_that_announces_it_is_asked_for_it_and_for_no_content_in_notices(self):
        self.send("bob@does.example", "REQUIRETLS RET=FULL")
        self.assertTrue(self.does.wait(1), self.gateway.events()[-3:])
        message = self.does.messages[0]
        self.assertIn("REQUIRETLS", message.parameters[0].split())
        self.assertIn("RET=HDRS", message.parameters[0].split())
        self.assertTrue(message.tls)
        self.assertEqual(self.gateway.wait_for(event="delivered", recipient="bob@does.example")[0]["required"], "secure+requiretls")

    def test_one_that_does_not_hears_nothing_and_the_mail_goes_back(self):
        self.goes_back("bob@doesnot.example")
        self.assertNotIn("MAIL", [verb for _, verb in self.does_not.commands])

    def test_another_server_of_the_domain_may_take_it(self):
        before = len(self.second.messages)
        self.send("bob@both.example")
        self.assertTrue(self.second.wait(before + 1), self.gateway.events()[-3:])
        self.assertIn("REQUIRETLS", self.second.messages[before].parameters[0].split())

    def test_attackers_who_hide_starttls_or_announce_in_the_clear_get_nothing(self):
        for sink, domain in ((self.stripped, "stripped.example"), (self.clear, "clear.example")):
            with self.subTest(domain):
                self.goes_back("bob@" + domain)
                self.assertNotIn("MAIL", [verb for _, verb in sink.commands])
                self.assertEqual(sink.mail_in_clear, [])

    def test_a_server_that_only_unsigned_records_name_is_not_enough(self):
        self.goes_back("bob@unknown.example")
        self.assertNotIn("MAIL", [verb for _, verb in self.unknown.commands])

    def test_the_sender_hears_of_it_in_tls(self):
        about = "eve@doesnot.example"
        self.goes_back(about, body=letter(b"MARKER\r\n", subject=b"MARKER"))
        told = lambda: [message for message in self.home.messages if about.encode() in message.body]
        self.assertTrue(wait_until(told), self.gateway.queue())
        notice = told()[0]
        self.assertTrue(notice.tls)
        self.assertIn(b"Status: 5.7.30\r\n", notice.body)
        self.assertNotIn(b"MARKER", notice.body)

    def test_mail_with_tls_required_no_goes_on_and_keeps_its_field(self):
        before = len(self.plain.messages)
        self.send("bob@plain.example", "", letter(extra=NOT_NEEDED))
        self.assertTrue(self.plain.wait(before + 1))
        self.assertIn(NOT_NEEDED, self.plain.messages[before].body)

    def test_protection_beats_tls_required_no(self):
        before = len(self.plain.mail_in_clear)
        to = "eve@plain.example"
        self.send(to, "", letter(subject=b"[secure] results", extra=NOT_NEEDED))
        self.assertEqual(len(self.gateway.wait_for(event="held", recipient=to)), 1)
        self.assertEqual(len(self.plain.mail_in_clear), before)

    def test_explain_and_probe_show_it(self):
        path = self.stage.folder / "asked.eml"
        path.write_bytes(letter())
        told = self.gateway.run("explain", path, "--requiretls", "--to", "bob@does.example", "--from", ANN, json_answer=True)
        self.assertEqual(told["recipients"][0]["ladder"], ["verified TLS to the recipient's server, with REQUIRETLS", "refuse"])
        for domain, offers in (("does.example", True), ("doesnot.example", False)):
            probed = self.gateway.run("probe", domain, json_answer=True)
            self.assertEqual(probed["hosts"][0]["sessions"][0]["tls"].get("requiretls", False), offers)


if __name__ == "__main__":
    unittest.main()
