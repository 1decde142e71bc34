"""The way back: a recipient answers in the portal, the sender has it as mail and answers that, and bounces of notices come home. Addresses
that lead back are ours alone: nobody else can make one, and none relays."""
import datetime as dt
import re
import unittest

from dkim_keys import DkimKeys, published, verify
from gateway import TENANTS, wait_until
from portal_scene import Pickup, parsed, words_of
from ports import free_port
from scene import ANN, letter
from sender import Sender

SECURE = "secure.clinic.example"
BOUNCE = """\
From: <mailer-daemon@lab.example>\r
To: <{to}>\r
Subject: Undelivered Mail Returned to Sender\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
I am sorry.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.lab.example\r
\r
Final-Recipient: rfc822; bob@lab.example\r
Action: {action}\r
Status: 5.1.1\r
\r
--b--\r
"""


class Conversations(Pickup):
    def setUp(self):
        super().setUp()
        self.home = self.stage.sinks["clinic.example"]
        portal = f'portal = {{ from = "secure@clinic.example", name = "Riverside Clinic", domain = "{SECURE}" }}\n'
        self.keys = DkimKeys(self.gateway.folder)
        self.keys.make("p1", "ed25519")
        self.gateway.tenants = TENANTS + portal + 'settings.methods = ["portal"]\n' + self.keys.setting("clinic.example")
        self.gateway.listener["mx"] = {"role": '"returns"', "starttls": '"offered"'}
        self.gateway.ports["mx"] = free_port()

    def opened(self, *recipients):
        """(visitor, page) of the first recipient's message."""
        self.send(*recipients, extra=b"Message-ID: <1@clinic.example>\r\n")
        self.assertTrue(self.lab.wait(len(recipients)))
        notice = next(message for message in self.lab.messages if message.recipients == [recipients[0]])
        return self.open(self.lab, self.portal.path_in(words_of(notice)))

    def answered(self, path="/read/reply", text="A-WORD-OF-THE-PATIENT", files=()):
        """What the sender gets of a reply."""
        self.begin()
        visitor, _ = self.opened("bob@lab.example")
        sent = visitor.upload(visitor.get(path).form("/reply"), files, text=text)
        self.assertEqual(sent.status, 200, sent.text)
        self.assertIn("Your reply has been sent", sent.text)
        self.assertTrue(self.home.wait(1), "no reply came")
        return self.home.messages[0]

    def returns(self):
        return Sender("127.0.0.1", self.gateway.ports["mx"])


class Replies(Conversations):
    def test_the_sender_has_the_reply_under_an_address_that_leads_back(self):
        octets = bytes(range(256)) * 1000
        reply = self.answered(files=[("file", "Röntgen 1.png", octets), ("file", "", b"")])
        self.assertTrue(reply.tls)
        self.assertEqual((reply.sender, reply.recipients), ("secure@clinic.example", [ANN]))
        read = parsed(reply)
        sender = read["From"].addresses[0]
        self.assertEqual(sender.display_name, "bob@lab.example via Riverside Clinic")
        self.assertRegex(sender.addr_spec, r"^r\+[a-z2-7]{26}\.[a-z2-7]{16}@" + re.escape(SECURE) + "$")
        self.assertEqual((read["To"], read["Subject"]), (ANN, "Re: [secure] Your results"))
        accepted = self.gateway.events(event="accepted", recipient="bob@lab.example")[0]
        self.assertEqual(read["In-Reply-To"], "<1@clinic.example>")
        self.assertEqual(words_of(reply).strip(), "A-WORD-OF-THE-PATIENT")
        self.assertEqual([(part.get_filename(), part.get_content()) for part in read.iter_attachments()], [("Röntgen 1.png", octets)])
        self.assertEqual(verify(reply.body, published(self.gateway)), ["pass"])
        told = self.gateway.wait_for(event="replied")[0]
        self.assertEqual((told["recipient"], told["queue_id"]), ("bob@lab.example", accepted["queue_id"]))
        kept = self.gateway.events(event="accepted", listener="portal-reply")[0]
        self.assertEqual((kept["recipient"], kept["action"], kept["rules"]), (ANN, "protect", ["conversation"]))

    def test_nothing_of_it_is_left_in_the_portal_nor_was_readable_there(self):
        self.begin()
        visitor, _ = self.opened("bob@lab.example")
        self.gateway.stop()
        sent = visitor.upload(visitor.get("/read/reply").form("/reply"), text="A-WORD-OF-THE-PATIENT")
        self.assertIn("Your reply has been sent", sent.text)
        disk = b"".join(file.read_bytes() for file in self.portal.folder.rglob("*") if file.is_file())
        self.assertIn(b"portal_reply", disk)
        for word in (b"A-WORD-OF-THE-PATIENT", b"QS1XT1JELU9G", b"Your results"):  # and in base64
            self.assertNotIn(word, disk)
        self.portal.kill()  # what was said to be sent outlives both
        self.portal.start()
        self.gateway.start()
        self.assertTrue(self.home.wait(1))
        self.assertEqual(words_of(self.home.messages[0]).strip(), "A-WORD-OF-THE-PATIENT")
        self.assertTrue(wait_until(lambda: self.gateway.run("portal", "recall", self.gateway.events(event="deposited")[0]["queue_id"]).returncode == 0))

    def test_the_senders_answer_reaches_the_person_protected_under_their_own_address(self):
        reply = self.answered()
        address = parsed(reply)["From"].addresses[0].addr_spec
        before = len(self.lab.messages)
        answer = letter(b"A-WORD-OF-THE-DOCTOR\r\n", subject=b"Re: Your results", extra=f'To: "bob via us" <{address.upper()}>\r\n'.encode())
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, [address], answer)[-1].code, 250)
        self.assertTrue(self.lab.wait(before + 1))
        self.assertNotIn("A-WORD", self.lab.messages[before].body.decode())
        accepted = self.gateway.events(event="accepted", sender=ANN, recipient="bob@lab.example")[-1]
        self.assertEqual((accepted["action"], accepted["rules"]), ("protect", ["conversation"]))
        visitor, page = self.open(self.lab, self.portal.path_in(words_of(self.lab.messages[before])))
        self.assertIn("A-WORD-OF-THE-DOCTOR", page.text)
        original = visitor.get("/read/original").body.decode()
        self.assertIn('"bob via us" <bob@lab.example>', original)
        self.assertNotIn(address.lower(), original.lower())

    def test_a_reply_to_all_reaches_who_was_shown_and_nobody_else(self):
        self.begin()
        shown = letter(b"A-WORD-IN-THE-BODY\r\n", subject=b"[secure] Your results", extra=b"To: bob@lab.example, eve@lab.example, Carol <carol@clinic.example>\r\n")
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, ["bob@lab.example", "eve@lab.example", "mallory@lab.example"], shown)[-1].code, 250)
        self.assertTrue(self.lab.wait(3))
        notices = {message.recipients[0]: message for message in self.lab.messages}
        visitor, _ = self.open(self.lab, self.portal.path_in(words_of(notices["bob@lab.example"])))
        page = visitor.get("/read/reply-all")
        self.assertIn("eve@lab.example", page.text)
        for other in ("mallory@", "carol@"):  # a blind copy; somebody to whom we did not send it
            self.assertNotIn(other, page.text)
        before = len(self.lab.messages)
        visitor.upload(page.form("/reply"), text="to all")
        self.assertTrue(self.home.wait(1))
        self.assertTrue(self.lab.wait(before + 1))
        self.assertEqual(self.lab.messages[before].recipients, ["eve@lab.example"])
        self.assertNotIn("to all", words_of(self.lab.messages[before]))
        self.assertEqual(len(self.gateway.events(event="accepted", listener="portal-reply")), 2)

    def test_where_replies_are_off_there_are_none(self):
        self.gateway.tenants += 'settings.portal.replies = false\n'
        self.begin()
        visitor, page = self.opened("bob@lab.example")
        self.assertNotIn("/read/reply", page.text)
        self.assertEqual(visitor.get("/read/reply").status, 404)

    def test_an_address_that_we_have_not_made_leads_nowhere(self):
        reply = self.answered()
        good = parsed(reply)["From"].addresses[0].addr_spec
        local, domain = good.split("@")
        swapped = "a" if local[-1] != "a" else "b"
        bounce = self.lab.messages[0].sender
        with self.gateway.sender() as exchange:
            exchange.command(f"MAIL FROM:<{ANN}>".encode())
            for wrong in (f"{local[:-1]}{swapped}@{domain}", f"b{local[1:]}@{domain}", f"bob@{domain}", bounce):
                self.assertEqual(exchange.command(f"RCPT TO:<{wrong}>".encode()).code, 550, wrong)
            self.assertEqual(exchange.command(f"RCPT TO:<{good}>".encode()).code, 250)

    def test_a_good_address_is_no_ticket_for_strangers(self):
        reply = self.answered()
        good = parsed(reply)["From"].addresses[0].addr_spec
        with self.gateway.sender(certificate=None) as stranger:
            self.assertEqual(stranger.send(ANN, [good], letter(b"x\r\n"))[0].code, 550)

    def test_after_the_conversation_is_over_its_address_says_so(self):
        reply = self.answered()
        good = parsed(reply)["From"].addresses[0].addr_spec
        number = self.gateway.events(event="deposited")[0]["queue_id"]
        self.assertEqual(self.gateway.run("portal", "recall", number).returncode, 0)
        with self.gateway.sender() as exchange:
            refused = exchange.send(ANN, [good], letter(b"x\r\n"))[-1]
        self.assertEqual(refused.code, 550)
        self.assertIn("write to the person's own address", " ".join(refused.lines))


class CommandsByMail(Conversations):
    def setUp(self):
        super().setUp()
        self.gateway.tenants = self.gateway.tenants.replace('settings.methods', 'settings.portal.tell_sender = true\nsettings.methods')

    def waiting(self):
        """(the address that takes it back, the path of the link); the other addresses are `self.extend` and `self.resend`"""
        self.begin()
        self.send("bob@lab.example", extra=b"Message-ID: <1@clinic.example>\r\n")
        self.assertTrue(self.lab.wait(1))
        self.assertTrue(self.home.wait(1))
        told = self.home.messages[0]
        self.assertEqual((told.sender, told.recipients, parsed(told)["In-Reply-To"]), ("", [ANN], "<1@clinic.example>"))
        self.assertIn("bob@lab.example", words_of(told))
        self.assertNotIn("results", told.body.decode())
        recall, self.extend, self.resend = (re.search(rf"\b{use}\+\S+@" + re.escape(SECURE), words_of(told))[0] for use in "xes")
        return recall, self.portal.path_in(words_of(self.lab.messages[0]))

    def write(self, sender, to, text=b"please\r\n", header=None):
        with self.gateway.sender() as exchange:
            return exchange.send(sender, to, letter(text, sender=(header or sender).encode()))[-1]

    def test_its_sender_writes_to_the_address_and_it_is_gone(self):
        address, path = self.waiting()
        self.assertEqual(self.write(ANN, [address]).code, 250)
        self.assertEqual(self.portal.visitor().get(path).status, 404)
        self.assertEqual(self.gateway.wait_for(event="recalled")[0]["reason"], "by its sender")
        self.assertTrue(self.home.wait(2))
        self.assertIn("They had not opened it", words_of(self.home.messages[1]))
        self.assertEqual(self.write(ANN, [address]).code, 550)  # it is good once
        self.assertEqual(self.gateway.queue(), [])

    def test_nobody_else_can_take_it_back(self):
        address, path = self.waiting()
        for sender, header in (("carol@clinic.example", None), ("carol@clinic.example", ANN), (ANN, "carol@clinic.example")):
            self.assertEqual(self.write(sender, [address], header=header).code, 550, (sender, header))
        with self.gateway.sender(certificate=None) as stranger:
            self.assertEqual(stranger.send(ANN, [address], letter(b"x\r\n"))[0].code, 550)
        with self.returns() as server:
            self.assertEqual(server.send("", [address], letter(b"x\r\n"))[-1].code, 550)
        self.assertEqual(self.portal.visitor().get(path).status, 200)

    def test_it_waits_longer_once(self):
        _, path = self.waiting()
        self.gateway.stop()
        self.restart_at("+29d")
        before = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["expires"]
        self.assertEqual(self.write("carol@clinic.example", [self.extend]).code, 550)
        self.assertEqual(self.write(ANN, [self.extend]).code, 250)
        (extended,) = self.gateway.wait_for(event="extended")
        after = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["expires"]
        self.assertIn(after, extended["reason"])
        self.assertEqual((dt.datetime.fromisoformat(after[:19]) - dt.datetime.fromisoformat(before[:19])).days, 29)
        again = self.write(ANN, [self.extend])
        self.assertEqual((again.code, "good once" in again.text), (550, True))
        self.assertEqual(self.portal.visitor().get(path).status, 200)

    def test_its_recipient_is_told_once_more_once(self):
        _, path = self.waiting()
        self.assertEqual(self.write("carol@clinic.example", [self.resend]).code, 550)
        self.assertEqual(self.write(ANN, [self.resend]).code, 250)
        self.assertTrue(self.lab.wait(2))
        self.assertEqual(self.portal.path_in(words_of(self.lab.messages[1])), path)
        self.assertEqual(self.write(ANN, [self.resend]).code, 550)
        self.assertEqual(len(self.lab.messages), 2)

    def test_a_command_goes_to_nobody_else(self):
        address, path = self.waiting()
        for to in ([address, "bob@lab.example"], ["bob@lab.example", address]):
            with self.gateway.sender() as exchange:
                replies = exchange.envelope(ANN, to)
                self.assertEqual([reply.code for reply in replies], [250, 250, 550])
                exchange.command(b"RSET")
        self.assertEqual(self.portal.visitor().get(path).status, 200)


class Returns(Conversations):
    def noticed(self):
        """The envelope sender of a notice, and the link in it."""
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        notice = self.lab.messages[0]
        self.assertRegex(notice.sender, r"^b\+[a-z2-7]{26}\.[a-z2-7]{16}@" + re.escape(SECURE) + "$")
        return notice.sender, self.portal.path_in(words_of(notice))

    def bounce(self, to, action="failed"):
        with self.returns() as server:
            return server.send("", [to], BOUNCE.format(to=to, action=action).encode())[-1]

    def test_a_notice_that_comes_back_takes_its_message_out_of_the_portal_and_tells_the_sender(self):
        back, path = self.noticed()
        self.assertEqual(self.bounce(back).code, 250)
        self.assertEqual(self.portal.visitor().get(path).status, 404)
        recalled = self.gateway.wait_for(event="recalled")[0]
        self.assertIn("5.1.1", recalled["reason"])
        self.assertTrue(self.home.wait(1))
        self.assertIn(b"Action: failed", self.home.messages[0].body)
        self.assertEqual(self.bounce(back).code, 250)  # again: it is over already

    def test_a_delay_an_automatic_answer_and_a_late_bounce_change_nothing(self):
        back, path = self.noticed()
        self.assertEqual(self.bounce(back, "delayed").code, 250)
        with self.returns() as server:
            self.assertEqual(server.send("", [back], b"Subject: I am away\r\nAuto-Submitted: auto-replied\r\n\r\nAction: failed\r\n")[-1].code, 250)
        _, page = self.open(self.lab, path)
        self.assertIn("A-WORD", page.text)
        self.assertTrue(self.gateway.wait_for(event="opened"))
        self.assertEqual(self.bounce(back).code, 250)
        self.assertEqual(self.portal.visitor().get(path).status, 200)

    def test_a_passphrase_that_comes_back_ends_what_nobody_was_told_how_to_open(self):
        self.gateway.tenants += 'settings.portal.proof = "passphrase"\n'
        self.begin()
        self.send("bob@lab.example", "eve@lab.example", "tom@lab.example")
        self.assertTrue(self.lab.wait(3) and self.home.wait(1))
        told = self.home.messages[0]
        self.assertRegex(told.sender, r"^p\+[a-z2-7]{26}\.[a-z2-7]{16}@" + re.escape(SECURE) + "$")
        (words,) = [line.strip() for line in words_of(told).splitlines() if line.startswith("    ")]
        paths = {notice.recipients[0]: self.portal.path_in(words_of(notice)) for notice in self.lab.messages}
        visitor = self.portal.visitor()
        self.assertIn("A-WORD", visitor.press(visitor.get(paths["bob@lab.example"]).form("/unlock"), passphrase=words).text)
        self.assertTrue(self.gateway.wait_for(event="opened"))
        self.assertEqual(self.bounce(told.sender, "delayed").code, 250)
        self.assertEqual(self.bounce(told.sender).code, 250)
        self.assertEqual([self.portal.visitor().get(paths[f"{who}@lab.example"]).status for who in ("bob", "eve", "tom")], [200, 404, 404])
        recalled = self.gateway.wait_for(event="recalled", count=2)
        self.assertEqual({event["recipient"] for event in recalled}, {"eve@lab.example", "tom@lab.example"})
        for event in recalled:
            self.assertIn("its sender could not be told the passphrase: the tenant's mail server took the passphrase and sent it back: 5.1.1", event["reason"])

    def test_nothing_else_is_taken_and_nothing_is_relayed(self):
        back, _ = self.noticed()
        forged = back.replace("b+", "b+a", 1)[:len(back)]
        with self.returns() as server:
            self.assertEqual(server.command(b"MAIL FROM:<eve@evil.example>").code, 550)
            self.assertEqual(server.command(f"MAIL FROM:<{ANN}>".encode()).code, 550)
            self.assertEqual(server.command(b"MAIL FROM:<>").code, 250)
            for other in ("bob@lab.example", ANN, f"postmaster@{SECURE}", forged, back.replace("b+", "r+", 1)):
                self.assertEqual(server.command(f"RCPT TO:<{other}>".encode()).code, 550, other)
            self.assertEqual(server.command(b"DATA").code // 100, 5)
            self.assertIn("SIZE 1048576", " ".join(server.hello.lines))


if __name__ == "__main__":
    unittest.main()
