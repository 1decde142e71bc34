"""What leaves, and how: delays that are told, 8-bit mail, chunks, and the limits that a server announces."""
import email
import unittest

from gateway import wait_until
from scene import ANN, Scene, below_trace, letter

EIGHT_BIT = letter("Grüße\r\n".encode())


class Outbound(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.busy = cls.stage.open("busy.example", refuse_rcpt="451 4.3.2 Not now\r\n")
        cls.chunks = cls.stage.open("chunks.example", offers=("CHUNKING",))
        cls.liar = cls.stage.open("liar.example", offers=("CHUNKING",), knows_bdat=False)
        cls.seven = cls.stage.open("seven.example", eight_bit=False)
        cls.limited = cls.stage.open("limited.example", offers=("LIMITS RCPTMAX=2 MAILMAX=2",))
        cls.second_server("both.example", first="seven.example", then="good.example")
        cls.second_server("half.example", first="seven.example", then=None)

    @classmethod
    def second_server(cls, domain, first, then):
        """The preferred server is another domain's; the second one too, or nobody answers there."""
        if then is None:
            then = "asleep.example"
            cls.stage.name(then)
        cls.stage.zone[domain] = {"MX": [(10, "mx." + first), (20, "mx." + then)]}

    def send(self, to, body=None, sender=ANN):
        with self.gateway.sender() as connection:
            reply = connection.send(sender, to, body or letter())[-1]
        self.assertEqual(reply.code, 250, reply.text)

    def no_mail_waits(self):
        self.assertTrue(wait_until(lambda: not self.gateway.queue()), self.gateway.queue())


class Delays(Outbound):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.stop()
        cls.gateway.delivery |= {"delay_notice": "2s"}
        cls.gateway.write_configuration('''
[partner."busy.example"]
settings = { expire = "8s", retry = ["1s", "1s"] }
''')
        cls.gateway.start()

    def notices_about(self, *addresses, sender=ANN):
        """By recipient: the actions that the sender was told of until nothing waits any more."""
        before = len(self.home.messages)
        self.send(list(addresses), letter(b"MARKER in the body\r\n", subject=b"MARKER in the subject"), sender)
        self.no_mail_waits()
        told = {}
        for message in self.home.messages[before:]:
            self.assertNotIn(b"MARKER", message.body)
            status = email.message_from_bytes(message.body).get_payload()[1].get_payload()
            for part in status[1:]:
                told.setdefault(part["Final-Recipient"].split("; ")[1], []).append((part["Action"], part["Status"], part["Will-Retry-Until"]))
        return told

    def test_who_hears_of_a_delay_and_when_it_is_given_up(self):
        told = self.notices_about(("plain@busy.example", ""), ("delay@busy.example", "NOTIFY=DELAY"), ("never@busy.example", "NOTIFY=NEVER"),
                                  ("failure@busy.example", "NOTIFY=FAILURE"))
        actions = {address: [action for action, _, _ in all] for address, all in told.items()}
        self.assertEqual(actions, {"plain@busy.example": ["delayed", "failed"], "delay@busy.example": ["delayed"], "failure@busy.example": ["failed"]})
        (_, status, until), (_, _, none) = told["plain@busy.example"]
        self.assertEqual(status, "4.3.2")
        self.assertTrue(email.utils.parsedate_to_datetime(until))
        self.assertIsNone(none)

    def test_a_notice_is_never_about_a_notice(self):
        self.assertEqual(self.notices_about(("plain@busy.example", ""), sender=""), {})


class EightBit(Outbound):
    def test_another_server_of_the_domain_is_preferred(self):
        before, passed = len(self.good.messages), len(self.seven.messages)
        self.send(["bob@both.example"], EIGHT_BIT)
        message = self.arrives(self.good, before)
        self.assertIn("BODY=8BITMIME", message.parameters[0])
        self.assertEqual(below_trace(message.body), EIGHT_BIT)
        self.assertEqual(len(self.seven.messages), passed)

    def test_text_that_is_not_8_bit_goes_to_the_first(self):
        before = len(self.seven.messages)
        self.send(["bob@both.example"], letter(), (ANN, "BODY=8BITMIME"))
        self.assertNotIn("BODY", self.arrives(self.seven, before).parameters[0])

    def test_with_no_other_it_is_sent_as_it_is(self):
        for domain in ("seven.example", "half.example"):
            before = len(self.seven.messages)
            self.send(["bob@" + domain], EIGHT_BIT)
            message = self.arrives(self.seven, before)
            self.assertEqual((below_trace(message.body), message.parameters[0].count("BODY")), (EIGHT_BIT, 0))


class EightBitReturned(Outbound):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.stop()
        cls.gateway.delivery |= {"eight_bit": "bounce", "expire": "4s"}
        cls.gateway.write_configuration()
        cls.gateway.start()

    def told(self, to):
        before, sent = len(self.home.messages), len(self.seven.messages)
        self.send([to], EIGHT_BIT)
        self.no_mail_waits()
        self.assertEqual(len(self.seven.messages), sent)
        notice, = self.home.messages[before:]
        return notice.body

    def test_by_setting_it_is_returned(self):
        self.assertIn(b"Status: 5.6.3\r\n", self.told("bob@seven.example"))

    def test_a_server_that_could_not_be_reached_may_be_one_that_takes_it(self):
        self.assertIn(b"Status: 4.4.7\r\n", self.told("bob@half.example"))  # when it expired

    def test_other_mail_is_not_returned(self):
        before = len(self.seven.messages)
        self.send(["bob@seven.example"], letter())
        self.arrives(self.seven, before)


class Chunks(Outbound):
    BODY = letter(b".dot\r\n..dots\r\n" + b"x" * 900 + b"\r\n" * 400)

    def test_bytes_are_the_same_small_and_large(self):
        for body in (self.BODY, letter(b"".join(b"%07d .\r\n" % i for i in range(60_000)))):
            before = len(self.chunks.messages)
            self.send(["bob@chunks.example"], body)
            self.assertEqual(below_trace(self.arrives(self.chunks, before).body), body)
        verbs = {verb for _, verb in self.chunks.commands}
        self.assertTrue({"BDAT"} <= verbs and "DATA" not in verbs, verbs)

    def test_a_server_that_lies_gets_data_and_no_content_as_commands(self):
        before = len(self.liar.messages)
        self.send(["bob@liar.example"], letter(b"VRFY eve\r\n"))
        message = self.arrives(self.liar, before)
        self.assertTrue(message.body.endswith(b"VRFY eve\r\n"))
        verbs = [verb for _, verb in self.liar.commands]
        self.assertEqual((verbs.count("BDAT"), verbs.count("DATA")), (1, 1))
        self.assertNotIn("VRFY", verbs)
        self.no_mail_waits()


class Limits(Outbound):
    def test_recipients_and_transactions_as_the_server_takes_them(self):
        names = [f"r{i}@limited.example" for i in range(7)]
        before = len(self.limited.messages)
        self.send(names)
        self.assertTrue(self.limited.wait(before + 4))
        messages = self.limited.messages[before:]
        self.assertEqual([len(message.recipients) for message in messages], [2, 2, 2, 1])
        self.assertEqual(sorted(sum((message.recipients for message in messages), [])), names)
        first, second, third, fourth = (message.connection for message in messages)
        self.assertTrue(first == second != third == fourth, (first, second, third, fourth))
        self.no_mail_waits()


if __name__ == "__main__":
    unittest.main()
