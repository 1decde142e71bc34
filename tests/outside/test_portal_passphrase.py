"""`portal.proof = "passphrase"`: four words that the sender gets by mail and tells the recipient by another way. With the link alone nobody reads
the message, at the portal or from its disk; the words are in no log, file or event; and however many try at once, others are served."""
import sqlite3
import threading
import time
import unittest

from gateway import wait_until
from memory import Peak
from portal_scene import PortalScene, parsed, words_of
from scene import ANN, letter
from test_no_content import places_of

SECRET = b"biopsy result: A-WORD-IN-THE-BODY\r\n"
MIB = 1 << 20


class ByPassphrase(PortalScene):
    def setUp(self):
        super().setUp()
        self.gateway.tenants += 'settings.portal.proof = "passphrase"\n'
        self.home = self.stage.sinks["clinic.example"]

    def send(self, *recipients, sender=ANN, extra=b""):
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(sender, list(recipients), letter(SECRET, subject=b"[secure] Your results", extra=extra))[-1].code, 250)

    def passphrase(self, number=0):
        """As the sender reads it."""
        self.assertTrue(self.home.wait(number + 1), "the sender was not told")
        (words,) = [line.strip() for line in words_of(self.home.messages[number]).splitlines() if line.startswith("    ")]
        return words

    def path(self, number=0):
        self.assertTrue(self.lab.wait(number + 1), "the recipient was not told")
        return self.portal.path_in(words_of(self.lab.messages[number]))

    def kinds(self, **wanted):
        return [event["event"] for event in self.gateway.events(**wanted)]


class Visits(ByPassphrase):
    def test_the_sender_is_told_by_mail_and_the_recipient_by_the_sender(self):
        self.begin()
        self.send("bob@lab.example", extra=b"Message-ID: <results@clinic.example>\r\n")
        words, path = self.passphrase(), self.path()
        told, notice = self.home.messages[0], self.lab.messages[0]
        self.assertEqual(len(words.split()), 4)
        self.assertTrue(told.tls)
        self.assertEqual((told.sender, told.recipients), ("", [ANN]))
        self.assertEqual(parsed(told)["In-Reply-To"], "<results@clinic.example>")
        self.assertIn("bob@lab.example", words_of(told))
        self.assertNotIn("/m/", words_of(told) + str(told.body))
        self.assertIn(f"the passphrase that {ANN} tells you", words_of(notice))
        for word in (words, "code"):
            self.assertNotIn(word, words_of(notice) + parsed(notice).get_body(("html",)).get_content())
        visitor = self.portal.visitor()
        page = visitor.press(visitor.get(path).form("/unlock"), passphrase=words.upper().replace(" ", "-"))
        self.assertIn("A-WORD-IN-THE-BODY", page.text)
        self.assertTrue(visitor.get("/read/original").body.endswith(SECRET))
        self.assertTrue(wait_until(lambda: "opened" in self.kinds()))
        self.assertNotIn("code-sent", self.kinds())
        self.assertEqual(len(self.lab.messages), 1)
        self.assertEqual(self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["proof"], "passphrase")

    def test_recipients_of_a_message_share_one_and_each_scope_has_its_own_proof(self):
        self.gateway.tenants += 'partner."plain.example".settings.portal.proof = "code"\n'
        plain = self.stage.open("plain.example", certificate=self.stage.authority.server("another.name.example"))
        self.begin()
        self.send("bob@lab.example", "eve@lab.example", "tom@plain.example")
        words = self.passphrase()
        self.assertTrue(self.lab.wait(2) and plain.wait(1))
        for told in ("bob@lab.example", "eve@lab.example"):
            self.assertIn(told, words_of(self.home.messages[0]))
        self.assertNotIn("tom@", words_of(self.home.messages[0]))
        self.assertIn("a code is sent to this address", words_of(plain.messages[0]))
        for number in range(2):
            visitor = self.portal.visitor()
            self.assertIn("A-WORD", visitor.press(visitor.get(self.path(number)).form("/unlock"), passphrase=words).text)
        visitor = self.portal.visitor()
        page = visitor.get(self.portal.path_in(words_of(plain.messages[0])))
        self.assertIn("/code", page.text)
        self.assertNotIn("/unlock", page.text)
        self.assertEqual(len(self.home.messages), 1)

    def test_mail_from_nobody_is_told_to_whom_it_is_from(self):
        self.begin()
        self.send("bob@lab.example", sender="")
        self.passphrase()
        self.assertEqual(self.home.messages[0].recipients, [ANN])

    def test_is_sent_again_until_it_has_been_used_and_survives_kills_till_then(self):
        self.begin()
        self.send("bob@lab.example")
        words, path = self.passphrase(), self.path()
        number = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["id"]
        for one in (self.portal, self.gateway):
            one.kill()
            one.start()
        self.assertTrue(self.gateway.run("portal", "resend", number, json_answer=True)["ok"])
        self.assertEqual((self.passphrase(1), self.path(1)), (words, path))
        visitor = self.portal.visitor()
        self.assertIn("A-WORD", visitor.press(visitor.get(path).form("/unlock"), passphrase=words).text)
        self.assertTrue(self.gateway.wait_for(event="opened"))
        self.assertTrue(self.gateway.run("portal", "resend", number, json_answer=True)["ok"])
        self.assertEqual(self.path(2), path)
        self.assertEqual(len(self.home.messages), 2)

    def test_sent_again_to_all_recipients_the_sender_is_told_once(self):
        self.begin()
        self.send("bob@lab.example", "eve@lab.example")
        words, _ = self.passphrase(), self.path(1)
        number = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["id"]
        self.assertEqual(self.gateway.run("portal", "resend", number, json_answer=True)["recipients"], 2)
        self.path(3)
        self.assertTrue(wait_until(lambda: not self.gateway.queue()))
        self.assertEqual((self.passphrase(1), len(self.home.messages)), (words, 2))
        self.assertIn("bob@lab.example, eve@lab.example", words_of(self.home.messages[1]))


class Floors(ByPassphrase):
    """A link without TLS opens nothing; a passphrase without TLS would."""

    def test_the_notice_may_travel_in_the_clear(self):
        plain = self.stage.open("plain.example", certificate=None)
        self.begin()
        self.send("bob@plain.example")
        self.assertTrue(plain.wait(1))
        visitor = self.portal.visitor()
        form = visitor.get(self.portal.path_in(words_of(plain.messages[0]))).form("/unlock")
        self.assertNotIn("A-WORD", visitor.press(form, passphrase="who reads it on its way").text)
        self.assertIn("A-WORD", visitor.press(form, passphrase=self.passphrase()).text)
        self.assertNotIn("may travel in the clear", self.gateway.log_file.read_text())

    def test_the_passphrase_does_not_and_where_it_cannot_be_told_nothing_waits(self):
        self.home.starttls_offered = False
        self.begin()
        self.send("bob@lab.example")
        (event,) = self.gateway.wait_for(event="recalled")
        self.assertIn("its sender could not be told the passphrase", event["reason"])
        self.assertTrue(self.home.wait(1))  # the DSN, which holds no secret
        (told,) = self.home.messages
        self.assertIn(b"Action: failed", told.body)
        self.assertNotIn(b"\r\n    ", told.body.split(b"\r\n\r\n", 1)[1].split(b"--")[0])
        self.assertTrue(wait_until(lambda: not self.gateway.run("portal", "list", json_answer=True)["pickups"]))


class Thieves(ByPassphrase):
    def test_guess_ten_times_and_then_once_a_minute_from_wherever(self):
        self.begin()
        self.send("bob@lab.example")
        words, path = self.passphrase(), self.path()
        form = self.portal.visitor().get(path).form("/unlock")
        seen = [self.portal.visitor(f"127.0.2.{number}").press(form, passphrase=f"wrong guess {'x' * number}").status for number in range(1, 14)]
        self.assertEqual(seen, [200] * 10 + [429] * 3)
        self.assertEqual(self.portal.visitor("127.0.2.99").press(form, passphrase=words).status, 429)
        wrong = self.gateway.wait_for(event="code-wrong", count=10)
        self.assertEqual({event["reason"] for event in wrong}, {"the sender's passphrase"})
        self.assertEqual(len(wrong), 10)
        self.portal.stop()  # what was tried is in memory alone: the right one still opens
        self.portal.start()
        self.assertIn("A-WORD", self.portal.visitor().press(form, passphrase=words).text)

    def test_find_the_words_in_no_file_event_log_or_answer(self):
        self.begin()
        self.send("bob@lab.example")
        words, path = self.passphrase(), self.path()
        visitor = self.portal.visitor()
        form = visitor.get(path).form("/unlock")
        visitor.press(form, passphrase=words + " almost")
        self.assertIn("A-WORD", visitor.press(form, passphrase=words).text)
        self.assertTrue(self.gateway.wait_for(event="opened"))
        answers = [self.gateway.run(*command, json_answer=True) for command in (("portal", "list"), ("queue", "list"), ("status",))]
        self.assertTrue(wait_until(lambda: not self.gateway.queue()))
        for one in (self.portal, self.gateway):
            one.stop()
        texts = [str(answers).encode(), self.lab.messages[0].body]
        for form_of in (words, words.replace(" ", ""), words.replace(" ", "-"), words.replace(" ", "+"), words.replace(" ", "%20")):
            self.assertEqual(places_of(form_of, self.stage.folder, texts), [])
        (self.stage.folder / "portal" / "leak").write_text(f"a log line with {words} in it")
        self.assertEqual(places_of(words, self.stage.folder, texts), ["portal/leak"])  # the control: the search finds one

    def test_with_a_link_get_no_code_and_with_the_disk_no_word(self):
        """What the disk and the link are worth together is in tests/portal/passphrase_test.cpp."""
        self.begin()
        self.send("bob@lab.example")
        words, path = self.passphrase(), self.path()
        self.portal.stop()
        with sqlite3.connect(self.portal.state / "portal.db") as store:
            self.assertEqual(store.execute("select count(*) from portal_pickup").fetchone(), (1,))
        disk = b"".join(file.read_bytes() for file in self.portal.folder.rglob("*") if file.is_file() and file.name != "portal.toml")
        for word in (b"A-WORD", b"bob@", words.encode(), words.replace(" ", "").encode()):
            self.assertNotIn(word, disk)
        self.portal.start()
        visitor = self.portal.visitor()
        action, hidden = visitor.get(path).form("/unlock")
        for what in ("code", "open"):  # the way of the others leads nowhere: no code is sent, none opens it
            page = visitor.press((action.replace("unlock", what), hidden), code="000000")
            self.assertIn("/unlock", page.text)
        self.assertEqual(visitor.get("/read").status, 403)
        self.assertIn("A-WORD", visitor.press((action, hidden), passphrase=words).text)
        self.assertEqual((len(self.lab.messages), "code-sent" in self.kinds()), (1, False))


class ManyAtOnce(ByPassphrase):
    RECIPIENTS, EACH = 6, 4

    def test_take_the_memory_of_two_and_nobody_else_waits(self):
        self.begin()
        self.send(*(f"r{number}@lab.example" for number in range(self.RECIPIENTS)))
        words = self.passphrase()
        forms = [self.portal.visitor().get(self.path(number)).form("/unlock") for number in range(self.RECIPIENTS)]
        statuses, slowest = [], 0.0

        def guess(form, source):
            statuses.append(self.portal.visitor(source).press(form, passphrase="not this one").status)
        with Peak(self.portal.process.pid) as peak:
            threads = [threading.Thread(target=guess, args=(form, f"127.0.3.{number + 1}"), daemon=True) for form in forms for number in range(self.EACH)]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                begun = time.monotonic()
                self.assertEqual(self.portal.visitor("127.0.4.1").get(self.path()).status, 200)
                slowest = max(slowest, time.monotonic() - begun)
                time.sleep(0.1)
        print(peak.in_mib(), f"slowest page {slowest:.2f} s", end=" ", flush=True)
        self.assertEqual(statuses, [200] * self.RECIPIENTS * self.EACH)
        self.assertGreater(peak.growth / MIB, 50)   # they were computed
        self.assertLess(peak.growth / MIB, 2 * 64 + 40)
        self.assertLess(slowest, 10)
        self.assertIn("A-WORD", self.portal.visitor().press(forms[0], passphrase=words).text)


if __name__ == "__main__":
    unittest.main()
