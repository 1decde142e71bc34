"""A recipient whose server proves nothing picks the message up in the portal; whoever lacks link or code does not, and nobody is told in
the clear. Two processes, mail servers, and a browser without a screen (tests/outside/portal.py); in Chromium: interop/test_portal_visit.py."""
import shutil
import subprocess
import time
import unittest
import urllib.request

from gateway import build_folder, wait_until
from portal_scene import SECRET, Pickup, parsed, words_of
from ports import free_port
from postgresql import PostgresqlServer
from scene import ANN, letter
from wire import proxy_header

class Visits(Pickup):
    def test_from_the_senders_outlook_to_the_recipients_browser(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        notice = self.lab.messages[0]
        self.assertTrue(notice.tls)
        self.assertEqual((notice.sender, notice.recipients), ("", ["bob@lab.example"]))
        everything = notice.body.decode() + words_of(notice) + parsed(notice).get_body(("html",)).get_content()
        for word in ("results", "biopsy", "A-WORD", "[secure]"):
            self.assertNotIn(word, everything)
        self.assertIn(ANN, words_of(notice))
        self.assertEqual(parsed(notice)["From"], 'Riverside Clinic <secure@clinic.example>')
        self.assertIn("background:#0b5c6b", parsed(notice).get_body(("html",)).get_content())
        visitor, page = self.open(self.lab, self.portal.path_in(words_of(notice)))
        self.assertEqual(page.status, 200)
        self.assertIn("Your results", page.text)
        self.assertIn("A-WORD-IN-THE-BODY", page.text)
        original = visitor.get("/read/original").body
        self.assertTrue(original.endswith(b"\r\n\r\n" + SECRET))
        self.assertTrue(wait_until(lambda: "opened" in self.kinds()))
        self.assertEqual([kind for kind in self.kinds(recipient="bob@lab.example") if kind in ("deposited", "code-sent", "opened")], ["deposited", "code-sent", "opened"])
        self.assertEqual(self.gateway.queue(), [])

    def test_the_first_page_takes_the_server_less_than_a_tenth_of_a_second(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        path, visitor = self.portal.path_in(words_of(self.lab.messages[0])), self.portal.visitor()
        taken = []
        for _ in range(11):
            begun = time.monotonic()
            self.assertEqual(visitor.get(path).status, 200)
            taken.append(time.monotonic() - begun)
        self.assertLess(sorted(taken)[5], 0.1, "with TLS from the first octet on, in the middle of eleven")

    def test_each_recipient_has_a_link_of_their_own_and_one_code_does_not_open_the_others(self):
        self.begin()
        self.send("bob@lab.example", "eve@lab.example")
        self.assertTrue(self.lab.wait(2))
        paths = {message.recipients[0]: self.portal.path_in(words_of(message)) for message in self.lab.messages}
        self.assertEqual(len(set(paths.values())), 2)
        visitor = self.portal.visitor()
        page = visitor.press(visitor.get(paths["eve@lab.example"]).form("/code"))
        self.assertTrue(self.lab.wait(3))
        code = self.code(self.lab)
        other = visitor.get(paths["bob@lab.example"]).form("/code")
        refused = visitor.press((other[0].replace("/code", "/open"), other[1]), code=code)
        self.assertNotIn("A-WORD", refused.text)
        self.assertIn("A-WORD", visitor.press(page.form("/open"), code=code).text)

    def test_who_asked_for_it_hears_relayed_and_never_delivered(self):
        self.begin()
        self.send(("bob@lab.example", "NOTIFY=SUCCESS"))
        home = self.stage.sinks["clinic.example"]
        self.assertTrue(home.wait(1))
        self.assertIn(b"Action: relayed", home.messages[0].body)
        self.assertNotIn(b"Action: delivered", home.messages[0].body)


class OnPostgresql(Pickup):
    def test_a_message_is_deposited_read_and_recalled_there_too(self):
        server = PostgresqlServer()
        self.addCleanup(server.remove)
        (self.portal.folder / "conninfo").write_text(server.conninfo)
        self.portal.configure(store="postgresql:file:conninfo")
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        path = self.portal.path_in(words_of(self.lab.messages[0]))
        _, page = self.open(self.lab, path)
        self.assertIn("A-WORD", page.text)
        self.assertFalse((self.portal.state / "portal.db").exists())
        server.stop()
        self.assertEqual(self.portal.visitor().get(path).status, 404)  # it cannot say whose message it would be
        server.start()
        self.assertEqual(self.portal.visitor().get(path).status, 200)
        number = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["id"]
        self.assertTrue(self.gateway.run("portal", "recall", number, json_answer=True)["ok"])
        self.assertEqual(self.portal.visitor().get(path).status, 404)


class Trouble(Pickup):
    def test_while_the_portal_is_down_mail_waits_and_nobody_is_told(self):
        self.gateway.write_configuration(self.portal.settings())
        self.gateway.start()
        self.send("bob@lab.example")
        self.assertTrue(self.gateway.wait_for(event="deferred"))
        self.assertEqual(self.lab.messages, [])
        self.portal.start()
        self.assertTrue(self.lab.wait(1))
        _, page = self.open(self.lab, self.portal.path_in(words_of(self.lab.messages[0])))
        self.assertIn("A-WORD", page.text)

    def test_both_may_be_killed_and_the_link_still_opens(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        for one in (self.portal, self.gateway):
            one.kill()
            one.start()
        _, page = self.open(self.lab, self.portal.path_in(words_of(self.lab.messages[0])))
        self.assertIn("A-WORD", page.text)

    def test_the_portals_disk_has_no_word_and_no_name(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        self.open(self.lab, self.portal.path_in(words_of(self.lab.messages[0])))
        self.portal.stop()
        disk = b"".join(file.read_bytes() for file in self.portal.folder.rglob("*") if file.is_file() and file.name != "portal.toml")
        self.assertIn(b"portal_deposit", disk)
        for word in (b"A-WORD", b"biopsy", b"results", b"bob@", b"lab.example", ANN.encode()):
            self.assertNotIn(word, disk)

    def test_what_nobody_opens_ends_and_its_sender_is_told(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        path = self.portal.path_in(words_of(self.lab.messages[0]))
        self.restart_at("+31d")
        self.assertTrue(self.gateway.wait_for(event="unread"))
        home = self.stage.sinks["clinic.example"]
        self.assertTrue(home.wait(1))
        self.assertIn(b"Action: failed", home.messages[0].body)
        self.assertIn(b"It waited in the portal", home.messages[0].body)
        self.assertEqual(self.portal.visitor().get(path).status, 404)


class Operator(Pickup):
    def test_shows_what_is_known_and_nothing_that_opens_it(self):
        self.begin()
        self.send("bob@lab.example", extra=b"Message-ID: <1@clinic.example>\r\n")
        self.assertTrue(self.lab.wait(1))
        number = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["id"]
        (shown,) = self.gateway.run("portal", "show", number, json_answer=True)["pickups"]
        self.assertEqual((shown["recipient"], shown["sender"], shown["message_id"], shown["told"], shown["extended_by_sender"]),
                         ("bob@lab.example", ANN, "<1@clinic.example>", True, False))
        self.assertEqual(shown["notice"], self.gateway.events(event="delivered", listener="pickup-notice")[0]["queue_id"])
        lookup, secret = self.portal.path_in(words_of(self.lab.messages[0])).split("/")[-2:]
        in_words = self.gateway.run("portal", "show", number).stdout
        self.assertIn("bob@lab.example", in_words)
        for word in (lookup, secret, "results"):
            self.assertNotIn(word, str(shown) + in_words)

    def test_sees_who_has_not_fetched_what_and_can_take_it_back(self):
        self.begin()
        self.send("bob@lab.example", "eve@lab.example")
        self.assertTrue(self.lab.wait(2))
        paths = {message.recipients[0]: self.portal.path_in(words_of(message)) for message in self.lab.messages}
        self.open(self.lab, paths["bob@lab.example"])
        self.assertTrue(self.gateway.wait_for(event="opened"))
        listed = self.gateway.run("portal", "list", json_answer=True)["pickups"]
        self.assertEqual({one["recipient"]: "opened" in one for one in listed}, {"bob@lab.example": True, "eve@lab.example": False})
        self.assertNotIn("/m/", str(listed))
        number = listed[0]["id"]
        self.assertTrue(self.gateway.run("portal", "recall", number, "--recipient", "eve@lab.example", json_answer=True)["ok"])
        self.assertEqual(self.portal.visitor().get(paths["eve@lab.example"]).status, 404)
        self.assertEqual(self.portal.visitor().get(paths["bob@lab.example"]).status, 200)
        self.assertEqual([event["recipient"] for event in self.gateway.wait_for(event="recalled")], ["eve@lab.example"])
        self.assertFalse(self.gateway.run("portal", "recall", number, "--recipient", "eve@lab.example", json_answer=True)["ok"])

    def test_what_is_not_in_the_portal_yet_is_not_said_to_be_recalled(self):
        """Else it would be told of after all, as soon as its deposit is kept."""
        self.portal.configure(top='quota = "1MiB"\n')
        self.begin()
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, ["bob@lab.example"], letter((b"x" * 70 + b"\r\n") * 30_000, subject=b"[secure] large"))[-1].code, 250)
        self.assertTrue(self.gateway.wait_for(event="deferred"))
        number = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["id"]
        answer = self.gateway.run("portal", "recall", number, json_answer=True)
        self.assertFalse(answer["ok"])
        self.assertIn("not in the portal yet", answer["error"])
        self.portal.stop()
        self.portal.configure()
        self.portal.start()
        self.assertTrue(self.lab.wait(1))
        self.assertTrue(self.gateway.run("portal", "recall", number, json_answer=True)["ok"])
        self.assertEqual(self.portal.visitor().get(self.portal.path_in(words_of(self.lab.messages[0]))).status, 404)

    def test_tells_the_recipient_again_with_the_same_link(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        number = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["id"]
        self.assertTrue(self.gateway.run("portal", "resend", number, json_answer=True)["ok"])
        self.assertTrue(self.lab.wait(2))
        first, second = (self.portal.path_in(words_of(message)) for message in self.lab.messages)
        self.assertEqual(first, second)


    def test_lets_it_wait_longer(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        path = self.portal.path_in(words_of(self.lab.messages[0]))
        number = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["id"]
        self.assertTrue(self.gateway.run("portal", "extend", number, "--by", "10d", json_answer=True)["ok"])
        self.assertFalse(self.gateway.run("portal", "extend", number, "--by", "tomorrow", json_answer=True)["ok"])
        self.assertTrue(self.gateway.wait_for(event="extended"))
        self.restart_at("+35d")
        self.assertEqual(self.portal.visitor().get(path).status, 200)
        self.restart_at("+41d")
        self.assertEqual(self.portal.visitor().get(path).status, 404)
        self.assertTrue(self.gateway.wait_for(event="unread"))

    def test_takes_out_what_has_waited_for_long(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        old = self.portal.path_in(words_of(self.lab.messages[0]))
        self.restart_at("+20d")
        self.send("eve@lab.example")
        self.assertTrue(self.lab.wait(2))
        new = self.portal.path_in(words_of(self.lab.messages[1]))
        self.assertFalse(self.gateway.run("portal", "purge", "--older-than", "10d", "--tenant", "other", json_answer=True)["ok"])
        self.assertEqual(self.gateway.run("portal", "purge", "--older-than", "10d", "--tenant", "clinic", json_answer=True)["recipients"], 1)
        self.assertEqual([self.portal.visitor().get(path).status for path in (old, new)], [404, 200])


class BehindALoadBalancer(Pickup):
    def test_what_one_visitor_may_try_is_not_taken_from_another(self):
        self.portal.configure(top='proxy = ["127.0.0.9"]\n')
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        path = self.portal.path_in(words_of(self.lab.messages[0]))
        thief, bob = (self.portal.visitor("127.0.0.9", proxy_header(source)) for source in ("192.0.2.7", "198.51.100.8"))
        seen = {thief.get("/m/x/y").status for _ in range(70)} | {thief.get(path).status for _ in range(70)}
        self.assertIn(429, seen)
        self.assertEqual(bob.get(path).status, 200)
        with self.assertRaises(OSError):  # and without the header it is nobody
            self.portal.visitor("127.0.0.9").get(path)
        self.assertEqual(self.portal.visitor().get(path).status, 200)


class Watching(Pickup):
    def test_metrics_count_what_visitors_do_and_name_nobody(self):
        port = free_port()
        self.portal.configure(top=f'http = {{ listen = "127.0.0.1:{port}" }}\n')
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        path = self.portal.path_in(words_of(self.lab.messages[0]))
        visitor, _ = self.open(self.lab, path)
        visitor.get("/read/original")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            text = answer.read().decode()
        for line in ('requests_total{what="code_wanted",status="200"} 1', 'requests_total{what="code",status="303"} 1',
                     'requests_total{what="message",status="200"} 1', 'requests_total{what="file",status="200"} 1', "sessions 1", "deposits 1"):
            self.assertIn(f"\npostern_portal_{line}\n", text)
        for word in ("bob", "lab.example", path.split("/")[2], "clinic"):
            self.assertNotIn(word, text)


class Backups(Pickup):
    def portal_command(self, *words):
        return subprocess.run([build_folder() / "postern-portal", "--config", self.portal.configuration, *words], capture_output=True, text=True)

    def test_a_copy_made_while_it_runs_opens_the_same_links_elsewhere(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        path, copy = self.portal.path_in(words_of(self.lab.messages[0])), self.portal.folder / "copy"
        self.assertEqual(self.portal_command("backup", copy).returncode, 0)
        self.assertEqual(self.portal_command("backup", copy).returncode, 5)  # not over another one
        self.portal.stop()
        for file in copy.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"A-WORD", file.read_bytes())
        refused = self.portal_command("restore", copy)
        self.assertEqual((refused.returncode, "move it away" in refused.stderr), (5, True), refused)
        shutil.rmtree(self.portal.state)
        self.portal.state.mkdir()
        self.portal.start()
        self.assertEqual(self.portal.visitor().get(path).status, 404)  # it is what was restored that opens it
        self.portal.stop()
        shutil.rmtree(self.portal.state)
        self.portal.state.mkdir()
        done = self.portal_command("restore", copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.portal.start()
        _, page = self.open(self.lab, path)
        self.assertIn("A-WORD", page.text)


class Senders(Pickup):
    def test_who_asked_for_a_receipt_has_one_when_it_is_opened_first(self):
        self.begin()
        home = self.stage.sinks["clinic.example"]
        self.send("eve@lab.example")
        self.send("bob@lab.example", extra=b"Disposition-Notification-To: <ann@clinic.example>\r\n")
        self.assertTrue(self.lab.wait(2))
        paths = {message.recipients[0]: self.portal.path_in(words_of(message)) for message in self.lab.messages}
        for one in ("eve@lab.example", "bob@lab.example"):
            self.open(self.lab, paths[one])
        self.assertEqual(len(self.gateway.wait_for(event="opened", count=2)), 2)
        self.assertTrue(home.wait(1))
        receipt = home.messages[0]
        self.assertEqual((receipt.sender, receipt.recipients), ("", [ANN]))
        self.assertIn(b"report-type=disposition-notification", receipt.body)
        self.assertIn(b"Final-Recipient: rfc822; bob@lab.example", receipt.body)
        self.assertIn(b"Disposition: manual-action/MDN-sent-automatically; displayed", receipt.body)
        self.assertNotIn(b"results", receipt.body)
        self.assertTrue(wait_until(lambda: not self.gateway.queue()))
        self.assertEqual(len(home.messages), 1)

    def test_the_recipient_is_reminded_once_before_it_expires_and_not_of_what_was_opened(self):
        self.begin()
        self.send("bob@lab.example", "eve@lab.example")
        self.assertTrue(self.lab.wait(2))
        paths = {message.recipients[0]: self.portal.path_in(words_of(message)) for message in self.lab.messages}
        self.open(self.lab, paths["eve@lab.example"])
        self.assertTrue(self.gateway.wait_for(event="opened"))
        before = len(self.lab.messages)
        self.restart_at("+24d")
        self.restart_at("+26d")
        self.assertTrue(self.lab.wait(before + 1), "no reminder came")
        self.restart_at("+27d")
        self.assertTrue(wait_until(lambda: not self.gateway.queue()))
        reminders = self.lab.messages[before:]
        self.assertEqual([message.recipients for message in reminders], [["bob@lab.example"]])
        self.assertEqual(parsed(reminders[0])["Subject"], "Reminder: a protected message from Riverside Clinic")
        self.assertEqual(self.portal.path_in(words_of(reminders[0])), paths["bob@lab.example"])


class NoticeFloor(Pickup):
    """An attacker who strips STARTTLS gets neither link nor code."""

    def setUp(self):
        super().setUp()
        self.plain = self.stage.open("plain.example", certificate=None)

    def test_where_no_tls_can_be_had_the_sender_is_told_and_nothing_waits(self):
        self.begin()
        self.send("bob@plain.example")
        home = self.stage.sinks["clinic.example"]
        self.assertTrue(home.wait(1))
        self.assertIn(b"Action: failed", home.messages[0].body)
        self.assertIn(b"could not be told", home.messages[0].body)
        self.assertEqual((self.plain.messages, self.plain.mail_in_clear), ([], []))
        self.assertTrue(self.gateway.wait_for(event="recalled"))
        self.assertTrue(wait_until(lambda: not self.gateway.queue()))

    def test_mail_from_nobody_stays_with_an_event_and_an_operator_decides(self):
        self.begin()
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send("", ["bob@plain.example"], letter(SECRET, subject=b"[secure] Your results"))[-1].code, 250)
        (held,) = self.gateway.wait_for(event="held", route="portal")
        self.assertIn("its recipient could not be told", held["reason"])
        self.assertIn("its sender is nobody", held["reason"])
        self.assertTrue(wait_until(lambda: not self.gateway.queue()))
        self.assertEqual((self.plain.messages, self.plain.mail_in_clear, self.stage.sinks["clinic.example"].messages), ([], [], []))
        (waits,) = self.gateway.run("portal", "list", json_answer=True)["pickups"]
        self.assertTrue(self.gateway.run("portal", "recall", waits["id"], json_answer=True)["ok"])

    def test_the_floor_may_be_given_up_and_then_the_link_travels_in_the_clear(self):
        self.gateway.tenants += 'settings.portal.notice_floor = "none"\n'
        self.begin()
        self.send("bob@plain.example")
        self.assertTrue(self.plain.wait(1))
        self.portal.path_in(words_of(self.plain.messages[0]))
        self.assertIn("notice_floor is none", self.gateway.log_file.read_text())

    def test_a_code_keeps_the_floor_too(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.lab.wait(1))
        path = self.portal.path_in(words_of(self.lab.messages[0]))
        self.lab.starttls_offered = False
        visitor = self.portal.visitor()
        visitor.press(visitor.get(path).form("/code"))
        self.assertTrue(self.gateway.wait_for(event="deferred"))
        self.assertEqual((len(self.lab.messages), self.lab.mail_in_clear), (1, []))


if __name__ == "__main__":
    unittest.main()
