"""From a message that Exchange sent to a person who reads it in Chromium: two clicks and six digits, with and without JavaScript, on a phone and at a
desk. The certificate's authority is in Chromium's own NSS store; nothing is told to be insecure."""
import base64
import email.message
import email.policy
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "outside"), str(Path(__file__).resolve().parent)]
from gateway import wait_until  # noqa: E402
from portal import HOST  # noqa: E402
from portal_scene import Pickup, parsed, words_of  # noqa: E402
from scene import ANN, letter  # noqa: E402
from test_portal_pages import PLAYWRIGHT  # noqa: E402
from unpack import cannot_be_had, npm_install  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
HTML = """<html><head><style>p{color:red}</style></head><body style="background:#ffe"><p>Dear Bob,</p><p>your values are <b>fine</b>.</p>
<img src="cid:chart@clinic.example" alt="Chart"><img src="https://tracker.example/1.gif" onerror="alert(1)"><script>alert(document.cookie)</script>
<a href="javascript:alert(2)">more</a><form action="https://evil.example"><input name="a"></form></body></html>"""
FILE = b"%PDF-1.4 not really \x00\xff\r\nbinary\n"


def message():
    made = email.message.EmailMessage(policy=email.policy.SMTP)
    made["From"], made["To"], made["Subject"] = f"Dr. Ann Müller <{ANN}>", "bob@lab.example", "[secure] Your results"
    made["Date"], made["Message-ID"] = "Sat, 28 Nov 2026 10:00:00 +0000", "<results@clinic.example>"
    made.set_content("Dear Bob, your values are fine.\n")
    made.add_alternative(HTML, subtype="html")
    made.get_payload()[1].add_related(PNG, "image", "png", cid="<chart@clinic.example>")
    made.add_attachment(FILE, maintype="application", subtype="pdf", filename="Befund Müller.pdf")
    return made.as_bytes()


class Person:
    """In front of Chromium."""

    def __init__(self, folder, authority):
        if not Path("/usr/bin/chromium").exists():
            cannot_be_had("chromium", "it is not installed")
        store = folder / ".pki" / "nssdb"
        store.mkdir(parents=True)
        subprocess.run(["certutil", "-N", "-d", f"sql:{store}", "--empty-password"], check=True)
        subprocess.run(["certutil", "-A", "-d", f"sql:{store}", "-t", "C,,", "-n", "test", "-i", str(authority.certificate)], check=True)
        module = npm_install("playwright-core", PLAYWRIGHT) / "node_modules" / "playwright-core"
        self.process = subprocess.Popen(["node", ROOT / "interop" / "portal_visit" / "browser.cjs", module, HOST], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(folder)})

    def does(self, what, **how):
        self.process.stdin.write(json.dumps({"do": what, **how}) + "\n")
        self.process.stdin.flush()
        seen = json.loads(self.process.stdout.readline())
        if not seen["ok"]:
            raise AssertionError(f"{what} {how}: {seen['trouble']}")
        return seen

    def leaves(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


class InChromium(Pickup):
    proof = "code"

    def setUp(self):
        super().setUp()
        self.gateway.tenants = self.gateway.tenants.replace('name = "Riverside Clinic" }', f'name = "Riverside Clinic", domain = "{HOST}" }}')
        self.gateway.tenants += f'settings.portal.proof = "{self.proof}"\n'
        self.begin()
        self.bob = Person(self.stage.folder / "bob", self.stage.authority)
        self.addCleanup(self.bob.leaves)

    def words(self, number):
        self.assertTrue(self.lab.wait(number))
        return words_of(self.lab.messages[number - 1])

    def arrive(self, device, javascript):
        """Behind the link, where nothing is said of the message yet."""
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, ["bob@lab.example"], message())[-1].code, 250)
        self.bob.does("arrive", url=self.portal.url + self.portal.path_in(self.words(1)), device=device, javascript=javascript)
        first = self.bob.does("look")
        self.assertNotIn("results", first["text"] + first["title"])

    def is_read(self, seen):
        self.assertEqual(seen["url"], self.portal.url + "/read")
        for words in ("Your results", "Dr. Ann Müller", "Befund Müller.pdf"):
            self.assertIn(words, seen["text"])
        self.assertIn("your values are fine", seen["framed"])


class ByCode(InChromium):
    def read(self, device, javascript):
        """What he sees at the end."""
        self.arrive(device, javascript)
        self.bob.does("press", name="code")
        self.bob.does("type", text=re.search(r"\b\d{6}\b", self.words(2))[0])
        self.bob.does("press", name="read|open|show|message")
        return self.bob.does("look")

    def test_at_a_desk_with_javascript(self):
        seen = self.read("desktop", True)
        self.is_read(seen)
        self.assertEqual(seen["images"], [1])       # the one that came along is shown, the tracker is not
        self.assertEqual(seen["said"], [])          # nothing ran, and no policy had to stop anything
        self.assertEqual({one.split(":")[0] for one in seen["asked"]}, {HOST})
        got = self.bob.does("fetch", name="Befund")
        self.assertEqual((got["file"], base64.b64decode(got["base64"])), ("Befund Müller.pdf", FILE))
        if picture := os.environ.get("POSTERN_PICTURE"):
            self.bob.does("picture", file=picture)

    def test_on_a_phone_without_javascript(self):
        self.is_read(self.read("phone", False))
        self.assertTrue(self.gateway.wait_for(event="opened"))

    def test_he_answers_on_a_phone_without_javascript_and_the_doctor_answers_that(self):
        self.read("phone", False)
        self.bob.does("press", name="^Reply$", role="link")
        self.bob.does("write", text="Thank you,\nBob Müller", files=[{"name": "Überweisung.pdf", "base64": base64.b64encode(FILE).decode()}])
        self.bob.does("press", name="send")
        seen = self.bob.does("look")
        self.assertEqual((seen["url"], "has been sent" in seen["text"]), (self.portal.url + "/read/sent", True), seen["text"])
        home = self.stage.sinks["clinic.example"]
        self.assertTrue(home.wait(1))
        reply = parsed(home.messages[0])
        self.assertEqual(reply["From"].addresses[0].display_name, "bob@lab.example via Riverside Clinic")
        self.assertEqual(words_of(home.messages[0]).split("\r\n"), ["Thank you,", "Bob Müller"])
        self.assertEqual([(part.get_filename(), part.get_content()) for part in reply.iter_attachments()], [("Überweisung.pdf", FILE)])
        with self.gateway.sender() as exchange:
            answer = letter(b"A-WORD-OF-THE-DOCTOR\r\n")
            self.assertEqual(exchange.send(ANN, [reply["From"].addresses[0].addr_spec], answer)[-1].code, 250)
        self.bob.does("arrive", url=self.portal.url + self.portal.path_in(self.words(3)), device="desktop", javascript=True)
        self.bob.does("press", name="code")
        self.bob.does("type", text=re.search(r"\b\d{6}\b", self.words(4))[0])
        self.bob.does("press", name="read|open|show|message")
        self.assertIn("A-WORD-OF-THE-DOCTOR", self.bob.does("look")["text"])

    def test_what_is_recalled_while_it_is_read_is_gone_at_the_next_click(self):
        self.read("desktop", True)
        number = self.gateway.run("portal", "list", json_answer=True)["pickups"][0]["id"]
        self.assertTrue(self.gateway.run("portal", "recall", number, json_answer=True)["ok"])
        self.bob.does("press", name="print", role="link")
        seen = self.bob.does("look")
        self.assertNotIn("values", seen["text"])
        self.assertTrue(wait_until(lambda: not self.gateway.run("portal", "list", json_answer=True)["pickups"]))


    def test_what_has_expired_is_gone_and_the_page_says_whom_to_ask(self):
        self.arrive("phone", False)
        self.restart_at("+31d")
        self.bob.does("arrive", url=self.portal.url + self.portal.path_in(self.words(1)), device="phone", javascript=False)
        seen = self.bob.does("look")
        for words in ("not available", "may have expired", "ask the sender"):
            self.assertIn(words, seen["text"])
        self.assertNotIn("results", seen["text"] + seen["title"])
        self.assertTrue(self.gateway.wait_for(event="unread"))


class ByPassphrase(InChromium):
    proof = "passphrase"

    def test_who_was_told_the_passphrase_reads_on_a_phone_and_who_mistypes_it_may_try_again(self):
        self.arrive("phone", False)
        home = self.stage.sinks["clinic.example"]
        self.assertTrue(home.wait(1))
        (words,) = [line.strip() for line in words_of(home.messages[0]).splitlines() if line.startswith("    ")]
        self.bob.does("type", text=words + " and more")
        self.bob.does("press", name="open")
        seen = self.bob.does("look")
        self.assertIn("This passphrase is not right", seen["text"])
        self.assertNotIn("results", seen["text"] + seen["title"])
        self.bob.does("type", text=words.title().replace(" ", "-"))
        self.bob.does("press", name="open")
        self.is_read(self.bob.does("look"))
        self.assertEqual(len(self.lab.messages), 1)  # no code


class ByPassword(InChromium):
    proof = "password"

    def test_a_password_is_chosen_once_and_opens_what_comes_later_with_and_without_javascript(self):
        self.arrive("phone", False)
        self.assertIn("choose a password", self.bob.does("look")["text"])
        self.bob.does("press", name="code")
        self.bob.does("type", text=re.search(r"\b\d{6}\b", self.words(2))[0])
        self.bob.does("press", name="continue")
        self.bob.does("choose", text="Password1234")
        self.bob.does("press", name="keep")
        self.assertIn("easy to guess", self.bob.does("look")["text"])
        self.bob.does("choose", text="Tülpe violin harbour")
        self.bob.does("press", name="keep")
        self.is_read(self.bob.does("look"))
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, ["bob@lab.example"], message())[-1].code, 250)
        self.bob.does("arrive", url=self.portal.url + self.portal.path_in(self.words(3)), device="desktop", javascript=True)
        self.bob.does("type", text="tülpe violin harbour")
        self.bob.does("press", name="^open")
        self.assertIn("This password is not right", self.bob.does("look")["text"])
        self.bob.does("type", text="Tu\u0308lpe violin harbour")  # as another keyboard composes it
        self.bob.does("press", name="^open")
        seen = self.bob.does("look")
        self.is_read(seen)
        self.assertEqual(seen["said"], [])
        self.assertEqual(len(self.lab.messages), 3)  # no second code


if __name__ == "__main__":
    unittest.main()
