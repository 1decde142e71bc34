"""`portal.proof = "password"`: a recipient shows once, by a code, that the mailbox is theirs, and chooses a password; from then on it opens what
waits, and neither code nor link does. Whoever forgets it begins anew: what waited stays shut, and its senders hear so."""
import sqlite3
import unittest

from gateway import wait_until
from portal_scene import Pickup, words_of
from postgresql import PostgresqlServer
from scene import ANN

GOOD, OTHER = "tulip violin harbour", "marble canyon whistle"


class ByPassword(Pickup):
    def setUp(self):
        super().setUp()
        self.gateway.tenants += 'settings.portal.proof = "password"\n'
        self.home = self.stage.sinks["clinic.example"]

    def path(self, number=0, sink=None):
        sink = sink or self.lab
        self.assertTrue(sink.wait(number + 1), "the recipient was not told")
        return self.portal.path_in(words_of(sink.messages[number]))

    def up_to_the_choice(self, path):
        visitor, before = self.portal.visitor(), len(self.lab.messages)
        page = visitor.press(visitor.get(path).form("/code"))
        self.assertTrue(self.lab.wait(before + 1), "no code came")
        return visitor, visitor.press(page.form("/open"), code=self.code(self.lab))

    def choose(self, path, password):
        visitor, page = self.up_to_the_choice(path)
        return visitor.press(page.form("/choose"), password=password, again=password)

    def sign_in(self, path, password):
        visitor = self.portal.visitor()
        return visitor.press(visitor.get(path).form("/sign-in"), password=password)

    def have_chosen(self, password):
        """By a first message that was read; what it put into the lab's mailbox: notice and code."""
        self.send("bob@lab.example")
        self.assertIn("A-WORD", self.choose(self.path(0), password).text)


class Visits(ByPassword):
    def test_chosen_at_the_first_message_and_asked_for_at_the_second(self):
        self.begin()
        self.send("bob@lab.example")
        self.assertIn("the password that you have chosen", words_of(self.lab.messages[0]) if self.lab.wait(1) else "")
        visitor, page = self.up_to_the_choice(self.path(0))
        self.assertNotIn("A-WORD", page.text)
        page = visitor.press(page.form("/choose"), password="Password1234", again="Password1234")
        self.assertIn("easy to guess", page.text)
        self.assertIn("A-WORD", visitor.press(page.form("/choose"), password=GOOD, again=GOOD).text)
        self.send("Bob@lab.example")  # the same mailbox
        self.assertNotIn("A-WORD", self.sign_in(self.path(2), OTHER).text)
        self.assertIn("A-WORD", self.sign_in(self.path(2), GOOD).text)
        self.assertIn("A-WORD", self.sign_in(self.path(0), GOOD).text)
        self.assertTrue(wait_until(lambda: self.kinds().count("opened") == 3))
        self.assertEqual(self.kinds().count("code-sent"), 1)
        self.assertEqual(self.kinds().count("password-chosen"), 1)
        (wrong,) = self.gateway.events(event="code-wrong")
        self.assertEqual(wrong["reason"], "the recipient's password")
        self.assertEqual({one["proof"] for one in self.gateway.run("portal", "list", json_answer=True)["pickups"]}, {"password"})

    def test_survives_kills_of_both(self):
        self.begin()
        self.have_chosen(GOOD)
        for one in (self.portal, self.gateway):
            one.kill()
            one.start()
        self.send("bob@lab.example")
        self.assertIn("A-WORD", self.sign_in(self.path(2), GOOD).text)

    def test_another_recipient_and_another_tenant_are_other_accounts(self):
        self.begin()
        self.have_chosen(GOOD)
        self.send("eve@lab.example")
        page = self.portal.visitor().get(self.path(2))
        self.assertIn("/code", page.text)
        self.assertNotIn("/sign-in", page.text)

    def test_is_in_no_log_file_or_event_and_neither_is_an_address_in_the_portals_database(self):
        self.begin()
        self.have_chosen(GOOD)
        self.send("bob@lab.example")
        self.sign_in(self.path(2), GOOD)
        self.portal.stop()
        everything = b"".join(file.read_bytes() for folder in (self.portal.folder, self.gateway.folder) for file in folder.rglob("*") if file.is_file())
        self.assertIn(b"portal_account", everything)
        for word in (GOOD.encode(), GOOD.replace(" ", "+").encode(), b"violin"):
            self.assertNotIn(word, everything)
        rows = sqlite3.connect(self.portal.state / "portal.db").execute("select * from portal_account").fetchall()
        self.assertEqual(len(rows), 1)
        self.assertNotIn("lab.example", str(rows))


class Many(ByPassword):
    def test_more_recipients_than_one_deposit_holds_are_all_told(self):
        self.gateway.listener = {"m365": {"limit": "{ per_client = 1000, recipients = 20000 }"}}
        self.begin()
        everybody = [f"person{number}@lab.example" for number in range(1_010)]  # a deposit has 1,000
        self.send(*everybody)
        self.assertTrue(wait_until(lambda: len(self.gateway.events(event="deposited")) == len(everybody), 120))
        self.assertTrue(self.lab.wait(len(everybody), 120))
        self.assertEqual({one for message in self.lab.messages for one in message.recipients}, set(everybody))
        self.assertEqual(self.portal.visitor().get(self.path(len(everybody) - 1)).status, 200)


class OnPostgresql(ByPassword):
    def test_a_password_is_chosen_asked_for_and_replaced_there_too(self):
        server = PostgresqlServer()
        self.addCleanup(server.remove)
        (self.portal.folder / "conninfo").write_text(server.conninfo)
        self.portal.configure(store="postgresql:file:conninfo")
        self.begin()
        self.have_chosen(GOOD)
        self.send("bob@lab.example")
        self.assertIn("A-WORD", self.sign_in(self.path(2), GOOD).text)
        self.assertIn("can no longer be opened", self.choose(self.path(2), OTHER).text)
        self.assertTrue(wait_until(lambda: any("A new password was chosen" in words_of(one) for one in self.lab.messages)))
        before = len(self.lab.messages)
        self.send("bob@lab.example")
        self.assertIn("A-WORD", self.sign_in(self.path(before), OTHER).text)


class Forgotten(ByPassword):
    def test_a_new_one_shuts_what_waited_and_its_senders_are_asked_to_send_again(self):
        self.begin()
        self.have_chosen(GOOD)
        self.send("bob@lab.example")
        page = self.choose(self.path(2), OTHER)
        self.assertIn("can no longer be opened", page.text)
        self.assertTrue(self.home.wait(1), "the sender was not told")
        bounce = self.home.messages[0]
        self.assertEqual((bounce.sender, bounce.recipients), ("", [ANN]))
        self.assertIn("and chosen another one", " ".join(bounce.body.decode().split()))
        self.assertTrue(wait_until(lambda: any("A new password was chosen" in words_of(one) for one in self.lab.messages)), "the recipient was not told")
        (ended,) = [one for one in self.gateway.events(event="recalled")] if self.gateway.wait_for(event="recalled") else ()
        self.assertIn("forgotten their password", ended["reason"])
        chosen = self.gateway.events(event="password-chosen")
        self.assertEqual([one.get("reason", "") for one in chosen], ["", "in place of one that was forgotten"])
        before = len(self.lab.messages)
        self.send("bob@lab.example")
        self.assertNotIn("A-WORD", self.sign_in(self.path(before), GOOD).text)
        self.assertIn("A-WORD", self.sign_in(self.path(before), OTHER).text)

    def test_whoever_reads_the_mailbox_gets_nothing_that_waited(self):
        self.begin()
        self.have_chosen(GOOD)
        self.send("bob@lab.example")
        thief = self.choose(self.path(2), OTHER)
        self.assertNotIn("A-WORD", thief.text)
        self.assertIn("this message", self.portal.visitor().get(self.path(2)).text.lower())
        self.assertNotIn("/code", self.portal.visitor().get(self.path(2)).text)


class Floors(ByPassword):
    """A link without TLS opens nothing once there is a password; a code without TLS would let somebody choose another one."""

    def test_a_notice_may_travel_in_the_clear_and_a_code_never(self):
        self.begin()
        self.have_chosen(GOOD)
        self.gateway.stop()  # and with it the sessions that have TLS
        self.lab.starttls_offered = False
        self.gateway.start()
        self.send("bob@lab.example")
        path = self.path(2)
        self.assertFalse(self.lab.messages[2].tls)
        visitor = self.portal.visitor()
        visitor.press(visitor.get(path).form("/code"))
        self.assertTrue(wait_until(lambda: "deferred" in self.kinds(recipient="bob@lab.example")), [(one["event"], one.get("listener"), one.get("reason")) for one in self.gateway.events()])
        self.assertEqual(len(self.lab.messages), 3)
        self.assertIn("A-WORD", self.sign_in(path, GOOD).text)

    def test_the_first_notice_has_the_floor_of_all(self):
        self.lab.starttls_offered = False
        self.begin()
        self.send("bob@lab.example")
        self.assertTrue(self.home.wait(1), "the sender was not told")
        self.assertEqual(self.lab.messages, [])


if __name__ == "__main__":
    unittest.main()
