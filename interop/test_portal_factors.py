"""The second step in Chromium, from a message that Exchange sent to one that is read: a passkey of a virtual authenticator, and an app whose QR code
zbarimg reads and whose digits oathtool computes."""
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "outside"), str(Path(__file__).resolve().parent)]
from scene import ANN  # noqa: E402
from test_portal_visit import InChromium, message  # noqa: E402
from unpack import cannot_be_had  # noqa: E402

PASSWORD = "tulip violin harbour"


def output_of(package, *words):
    if not shutil.which(words[0]):
        cannot_be_had(package, "it is not installed")
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


class SecondStep(InChromium):
    proof = "password"

    def choose_a_password(self):
        """At the first message, which is read then."""
        self.arrive("desktop", True)
        self.bob.does("press", name="code")
        self.bob.does("type", text=re.search(r"\b\d{6}\b", self.words(2))[0])
        self.bob.does("press", name="continue")
        self.bob.does("choose", text=PASSWORD)
        self.bob.does("press", name="keep")
        self.is_read(self.bob.does("look"))
        self.bob.does("press", name="how you sign in", role="link")
        self.assertIn("You have not set one up", self.bob.does("look")["text"])

    def another_message(self, number):
        """Its link; before it came so many others."""
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, ["bob@lab.example"], message())[-1].code, 250)
        return self.portal.url + self.portal.path_in(self.words(number))

    def type_the_password(self):
        self.bob.does("type", text=PASSWORD)
        self.bob.does("press", name="^open")
        seen = self.bob.does("look")
        self.assertIn("One more step", seen["text"])
        self.assertNotIn("results", seen["text"] + seen["title"])
        return seen

    def test_a_passkey_is_added_and_opens_the_next_message_after_the_password(self):
        self.choose_a_password()
        self.bob.does("authenticator")
        self.bob.does("press", name="add a passkey")
        self.bob.does("fill", name="password", text=PASSWORD)
        self.bob.does("press", name="create a passkey", until="/read/sign-in$")
        self.assertRegex(self.bob.does("look")["text"], r"Passkey\s+since ")
        self.assertTrue(self.gateway.wait_for(event="second-step-changed"))
        url = self.another_message(3)
        self.bob.does("again", url=url)
        self.type_the_password()
        self.bob.does("press", name="use your passkey", until="/read$")
        seen = self.bob.does("look")
        self.is_read(seen)
        self.assertEqual(seen["said"], [])
        self.bob.does("arrive", url=url, device="phone", javascript=False)
        seen = self.type_the_password()
        self.assertIn("A passkey needs JavaScript", seen["text"])
        self.assertNotIn("Use your passkey", seen["text"])

    def test_a_browser_that_has_another_passkey_says_so_in_words_and_opens_nothing(self):
        self.choose_a_password()
        self.bob.does("authenticator")
        self.bob.does("press", name="add a passkey")
        self.bob.does("fill", name="password", text=PASSWORD)
        self.bob.does("press", name="create a passkey", until="/read/sign-in$")
        self.bob.does("press", name="add a passkey")
        self.bob.does("fill", name="password", text=PASSWORD)
        self.bob.does("press", name="create a passkey")
        self.bob.does("sees", text="This device has a passkey for this page already.")
        url = self.another_message(3)
        self.bob.does("arrive", url=url, device="desktop", javascript=True)
        self.bob.does("authenticator")  # an empty one
        self.type_the_password()
        self.bob.does("press", name="use your passkey")
        self.bob.does("sees", text="That was cancelled, or it took too long.")
        self.assertNotIn("results", self.bob.does("look")["text"])

    def test_an_app_is_added_by_its_picture_without_javascript_and_wrong_digits_are_told(self):
        self.choose_a_password()
        self.bob.does("press", name="add an authenticator app")
        picture = self.stage.folder / "app.png"
        self.bob.does("picture", file=str(picture))
        uri = urlsplit(output_of("zbar-tools", "zbarimg", "-q", "--raw", str(picture)))
        self.assertEqual((uri.scheme, uri.netloc, unquote(uri.path)), ("otpauth", "totp", "/Riverside Clinic:bob@lab.example"))
        (key,) = parse_qs(uri.query)["secret"]
        self.assertIn(key, self.bob.does("look")["text"].replace(" ", "").replace("\n", ""))
        self.bob.does("fill", name="digits", text=output_of("oathtool", "oathtool", "--totp", "-b", key))
        self.bob.does("fill", name="password", text=PASSWORD)
        self.bob.does("press", name="add this app")
        self.assertRegex(self.bob.does("look")["text"], r"Authenticator app\s+since ")
        self.bob.does("arrive", url=self.another_message(3), device="phone", javascript=False)
        self.type_the_password()
        later = output_of("oathtool", "oathtool", "--totp", "-b", "-N", "now + 30 seconds", key)
        self.bob.does("fill", name="digits", text=f"{(int(later) + 1) % 1_000_000:06}")
        self.bob.does("press", name="^open")
        self.assertIn("You have 4 tries left", self.bob.does("look")["text"])
        self.bob.does("fill", name="digits", text=later)
        self.bob.does("press", name="^open")
        self.is_read(self.bob.does("look"))
        self.assertTrue(self.gateway.wait_for(event="code-wrong", reason="the second step"))


if __name__ == "__main__":
    unittest.main()
