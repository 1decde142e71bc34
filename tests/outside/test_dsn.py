"""What the sender asked to be told (RFC 3461), and mail beyond ASCII (RFC 6531), through the whole gateway."""
import email
import unittest

from gateway import wait_until
from scene import ANN, Scene, below_trace, letter


class Dsn(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.modern = cls.stage.open("modern.example", offers=("DSN", "SMTPUTF8"))
        cls.refusing = cls.stage.open("refusing.example", refuse_rcpt="550 5.1.1 No such user\r\n")

    def send(self, to, sender=ANN, body=None):
        with self.gateway.sender() as connection:
            replies = connection.send(sender, to, body or letter())
        self.assertEqual(replies[-1].code, 250, replies[-1].text)
        return replies[-1]

    def notices_after(self, count):
        """The notices that came to the sender's server since there were `count`; waits until the queue is empty."""
        self.assertTrue(wait_until(lambda: not self.gateway.queue()))
        return [message.body for message in self.home.messages[count:]]

    def test_a_server_that_does_dsn_is_told_what_was_asked(self):
        before, told = len(self.modern.messages), len(self.home.messages)
        self.send([("bob@modern.example", "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob+2Bold@modern.example")], (ANN, "RET=HDRS ENVID=QQ+2B1"))
        message = self.arrives(self.modern, before)
        self.assertIn("RET=HDRS ENVID=QQ+2B1", message.parameters[0])
        self.assertEqual(message.parameters[1], "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob+2Bold@modern.example")
        self.assertEqual(self.notices_after(told), [])  # it is for that server to tell now

    def test_where_the_next_server_does_not_do_dsn_the_sender_hears_from_us(self):
        told = len(self.home.messages)
        self.send([("bob@good.example", "NOTIFY=SUCCESS ORCPT=rfc822;Bob+2Bold@good.example")], (ANN, "ENVID=QQ+2B1"))
        notice, = self.notices_after(told)
        for line in (b"Original-Envelope-Id: QQ+1", b"Original-Recipient: rfc822; Bob+old@good.example",
                     b"Final-Recipient: rfc822; bob@good.example", b"Action: relayed", b"Status: 2.0.0"):
            self.assertIn(line + b"\r\n", notice)

    def test_never_means_never(self):
        told = len(self.home.messages)
        self.send([("bob@refusing.example", "NOTIFY=NEVER"), ("eve@refusing.example", "")])
        notice, = self.notices_after(told)
        self.assertNotIn(b"bob@refusing.example", notice)
        self.assertIn(b"Final-Recipient: rfc822; eve@refusing.example\r\n", notice)

    def test_a_notice_returns_no_content_whatever_was_asked(self):
        told = len(self.home.messages)
        self.send([("bob@refusing.example", "NOTIFY=FAILURE")], (ANN, "RET=FULL"),
                  letter(b"MARKER in the body\r\n", subject=b"MARKER in the subject", extra=b"Message-ID: <5@clinic.example>\r\n"))
        notice, = self.notices_after(told)
        self.assertNotIn(b"MARKER", notice)
        parts = email.message_from_bytes(notice).get_payload()
        self.assertEqual([part.get_content_type() for part in parts],
                         ["text/plain", "message/delivery-status", "text/rfc822-headers"])
        self.assertIn("Message-ID: <5@clinic.example>", parts[2].get_payload())

    def test_mail_beyond_ascii_goes_on_as_it_came(self):
        before = len(self.modern.messages)
        body = "From: <änn@clinic.example>\r\nSubject: Größe\r\n\r\nHallo\r\n".encode()
        self.send(["医生@modern.example"], ("änn@clinic.example", "BODY=8BITMIME SMTPUTF8"), body)
        message = self.arrives(self.modern, before)
        self.assertEqual(below_trace(message.body), body)
        self.assertIn("SMTPUTF8", message.parameters[0])
        self.assertEqual(message.recipients[0].encode("latin-1").decode(), "医生@modern.example")
        self.assertIn(b"with UTF8SMTPS", message.body)

    def test_mail_beyond_ascii_does_not_go_where_it_is_not_understood(self):
        told, before = len(self.home.messages), len(self.good.messages)
        self.send(["医生@good.example"], (ANN, "SMTPUTF8"))
        notice, = self.notices_after(told)
        self.assertEqual(len(self.good.messages), before)
        self.assertIn(b"Status: 5.6.7\r\n", notice)
        self.assertIn(rb"Final-Recipient: utf-8; \x{533B}\x{751F}@good.example" + b"\r\n", notice)

    def test_smtputf8_that_nothing_needs_is_not_asked_of_the_next_server(self):
        before = len(self.good.messages)
        self.send(["bob@good.example"], (ANN, "SMTPUTF8"))
        self.assertNotIn("SMTPUTF8", self.arrives(self.good, before).parameters[0])


if __name__ == "__main__":
    unittest.main()
