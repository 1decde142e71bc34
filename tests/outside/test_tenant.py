"""Only the tenant relays: every stranger is refused with 550, an event says which proof failed, and nothing is kept."""
from certs import Authority
from gateway import wait_until
from scene import Scene, letter


class OnlyTheTenantRelays(Scene):
    def setUp(self):
        self.before = len(self.good.messages)

    def tearDown(self):
        self.assertEqual(self.gateway.queue(), [])
        self.assertEqual(len(self.good.messages), self.before, "something was relayed")

    def refused(self, exchange, why, sender="ann@clinic.example", body=letter()):
        count = len(self.gateway.events(event="rejected"))
        reply = exchange.send(sender, ["bob@good.example"], body)
        bad = next((one for one in reply if one.code >= 400), None)
        self.assertIsNotNone(bad, "it was accepted")
        self.assertEqual(bad.code, 550, bad.text)
        events = self.gateway.wait_for(event="rejected", count=count + 1, timeout=5)
        self.assertEqual(len(events), count + 1, "no event tells of it")
        self.assertEqual(events[-1]["reason"], why)

    def test_no_client_certificate(self):
        with self.gateway.sender(certificate=None) as exchange:
            self.refused(exchange, "certificate")

    def test_a_certificate_of_the_right_authority_for_another_name(self):
        with self.gateway.sender(certificate=self.stage.authority.client("other.example")) as exchange:
            self.refused(exchange, "certificate")

    def test_a_certificate_for_the_right_name_of_another_authority(self):
        other = Authority(self.stage.folder / "other-authority")
        with self.gateway.sender(certificate=other.client("mail.clinic.example")) as exchange:
            self.refused(exchange, "certificate")

    def test_another_envelope_sender(self):
        with self.gateway.sender() as exchange:
            for sender in ("ann@other.example", "ann@sub.clinic.example", "ann@clinic.example.evil.example"):
                with self.subTest(sender):
                    self.refused(exchange, "mail-from", sender=sender)

    def test_another_from(self):
        lines = (b"From: ann@other.example", b"From: \"ann@clinic.example\" <ann@other.example>", b"From: ann@clinic.example, x@other.example",
                 b"From: ann@clinic.example\r\nFrom: x@other.example", b"Sender: ann@clinic.example", b"From: nobody at all")
        with self.gateway.sender() as exchange:
            for line in lines:
                for sender in ("ann@clinic.example", ""):
                    with self.subTest(line, sender=sender):
                        self.refused(exchange, "from", sender=sender, body=line + b"\r\nSubject: x\r\n\r\nx\r\n")

    def test_nothing_before_starttls(self):
        with self.gateway.sender(starttls=False) as exchange:
            reply = exchange.send("ann@clinic.example", ["bob@good.example"], letter())
            self.assertEqual(reply[0].code, 530)


    def test_the_null_sender_with_our_from_may(self):
        reply = self.exchange(letter(), sender="")[-1]
        self.assertEqual(reply.code, 250, reply.text)
        self.assertEqual(self.arrived_as(reply).sender, "")
        self.before += 1
        self.assertTrue(wait_until(lambda: not self.gateway.queue(), timeout=10))
