"""The portal's pages in Chromium, each in every state: what axe-core finds, what the policy blocks, what is loaded, how narrow it can get.
axe is asked for WCAG 2.0, 2.1 and 2.2 at levels A and AA and for best practice, and finds nothing. The pictures of docs/portal.md:

    python3 interop/test_portal_pages.py --pictures      # Chromium's font for it is Inter, from Debian
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "outside"), str(Path(__file__).resolve().parent)]
from gateway import build_folder  # noqa: E402
from unpack import cannot_be_had, npm_install, unpack  # noqa: E402

PLAYWRIGHT, AXE = "1.65.1", "4.14.1"
ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "portal"
STATES = ["wait", "code", "code-wrong", "code-expired", "code-too-many", "code-wait",
          "passphrase", "passphrase-wrong", "passphrase-too-many",
          "wait-password", "code-password", "password", "password-wrong", "password-too-many",
          "choose", "choose-anew", "choose-short", "choose-long", "choose-easy", "choose-differs", "outdated",
          "message-html", "message-as-text", "message-bare", "message-awkward", "print", "print-awkward", "frame",
          "reply", "reply-empty", "reply-busy", "reply-too-often", "awake", "sent",
          "second-step", "second-step-app", "second-step-passkey", "second-step-wrong", "second-step-wrong-passkey", "second-step-too-many",
          "sign-in-none", "sign-in", "change-password", "change-password-differs", "change-password-wrong", "add-app", "add-app-refused", "add-passkey", "add-passkey-refused", "remove-app", "remove-passkey-wrong-password",
          "lost-no-message", "lost-session-over", "lost-ended", "lost-too-many", "lost-bad-request", "lost-not-found", "lost-too-large", "lost-trouble"]
LANGUAGES = ["en", "de", "fr", "es"]
LIMIT = 100_000  # octets of a page with all that it loads
NOT_ASKED_OF = {"frame": {"page-has-heading-one"}}  # its heading is outside of it
FULL = bool(os.environ.get("POSTERN_FULL"))


def look(language, state, device, scheme, axe=True):
    return {"path": f"/{language}/{state}.html", "device": device, "scheme": scheme, "axe": axe}


def is_variant(state):
    """Another state's page with something said on it: "code-wrong" of "code"."""
    return any(state.startswith(other + "-") for other in STATES)


def looks():
    """Each state in English on a phone by day and on a desktop by night, and its width in each language; of a variant one of both, and its width in
    German, whose words are the longest. POSTERN_FULL=1: all of all."""
    day, night = ("phone", "light"), ("desktop", "dark")
    if FULL:
        ways = [(device, scheme) for device in ("phone", "desktop") for scheme in ("light", "dark")]
        return [*(look(language, state, *way) for language in LANGUAGES for state in STATES for way in ways),
                *(look(language, state, "narrow", "light") for language in LANGUAGES for state in STATES)]
    variants = [state for state in STATES if is_variant(state)]
    return [*(look("en", state, *way) for state in STATES if not is_variant(state) for way in (day, night)),
            *(look("en", state, *(day, night)[number % 2]) for number, state in enumerate(variants)),
            *(look(language, state, "narrow", "light", axe=False) for state in STATES for language in (["de"] if is_variant(state) else LANGUAGES))]


def preview(folder):
    program = build_folder() / "interop" / "portal_preview"
    subprocess.run([program, folder], check=True)


def in_the_browser(folder, asked, **environment):
    """The answers of browser.cjs, a dictionary each."""
    if not Path("/usr/bin/chromium").exists():
        cannot_be_had("chromium", "it is not installed")
    modules = [npm_install(name, version) / "node_modules" / name for name, version in (("playwright-core", PLAYWRIGHT), ("axe-core", AXE))]
    done = subprocess.run(["node", ROOT / "interop" / "portal_pages" / "browser.cjs", *modules, folder], input=json.dumps(asked), text=True,
                          capture_output=True, timeout=600, env={**os.environ, **environment})
    if done.returncode != 0:
        raise RuntimeError(f"browser.cjs ends with {done.returncode}: {done.stderr[-1500:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="portal-pages-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        preview(cls.folder)
        walks = [look("en", state, "desktop", "light") for state in ("wait", "message-html", "frame")]
        broken = look("en", "broken", "desktop", "light")
        (cls.folder / "en" / "broken.html").write_text(
            '<!doctype html><title></title><body style="color:#999"><img src="/icon.svg" width="2000"><img src="http://127.0.0.1:9/x"><script>1</script>'
            '<table bgcolor="#ffffff"><tr><td><font color="#999999">grey on white</font></td></tr></table>')
        answers = in_the_browser(cls.folder, {"looks": [*looks(), broken], "walks": walks})
        cls.found = [one for one in answers if "said" in one and one["path"] != broken["path"]]
        cls.broken = next(one for one in answers if one["path"] == broken["path"])
        cls.walks = {one["path"]: one["stops"] for one in answers if "stops" in one}

    def check(self, state):
        found = [one for one in self.found if one["path"].endswith(f"/{state}.html")]
        self.assertGreaterEqual(len([one for one in found if one["axe"]]), 1)
        for one in found:
            with self.subTest(**{key: one[key] for key in ("path", "device", "scheme")}):
                if one["axe"]:
                    self.assertEqual([what for what in one["violations"] if what.split(":")[0] not in NOT_ASKED_OF.get(state, ())], [])
                    self.assertIn("color-contrast", one["passed"])
                self.assertEqual(one["said"], [], "the browser complains")
                self.assertEqual([request for request in one["requests"] if not request.startswith("200 /")], [])
                self.assertIn("200 /style.css", one["requests"])
                self.assertLess(one["bytes"], LIMIT)
                self.assertLessEqual(one["sideways"], 0, "it has to be scrolled sideways")

    def test_no_state_is_forgotten(self):
        for language in LANGUAGES:
            self.assertEqual({path.stem for path in (self.folder / language).glob("*.html")} - {"broken"}, set(STATES))

    def test_a_bad_page_would_be_seen(self):
        self.assertEqual({one.split(":")[0] for one in self.broken["violations"]} & {"image-alt", "color-contrast", "document-title", "html-has-lang"},
                         {"image-alt", "color-contrast", "document-title", "html-has-lang"})
        said = " ".join(self.broken["said"])
        for directive in ("style-src", "img-src", "script-src"):
            self.assertIn(directive, said)
        self.assertGreater(self.broken["sideways"], 500)

    def test_the_frame_gets_its_style_and_its_images_with_the_cookie_of_the_session(self):
        for one in self.found:
            if one["path"] == "/en/message-html.html":
                self.assertLessEqual({"200 /style.css", "200 /en/image.svg"}, set(one["requests"]))
                self.assertIn("/en/image.svg", one["known"])

    def test_the_keyboard_reaches_everything_and_one_sees_where_it_is(self):
        texts = {path: [stop["text"] for stop in stops] for path, stops in self.walks.items()}
        self.assertEqual(texts["/en/wait.html"], ["Skip to the content", "Send me a code"])
        self.assertEqual(texts["/en/message-html.html"][:6], ["Skip to the content", "Close message", "Reply", "Reply to all", "Download", "Print view"])
        self.assertIn("mail", [stop["what"] for stop in self.walks["/en/message-html.html"]])
        self.assertEqual(self.walks["/en/frame.html"][0]["what"], "main")
        for path, stops in self.walks.items():  # in the frame it is the frame's document that shows it
            self.assertEqual([stop for stop in stops if not stop["seen"] and stop["what"] != "mail"], [], path)


def add_a_test_for(state):
    setattr(Pages, f"test_{state.replace('-', '_')}", lambda self: self.check(state))


for name in STATES:
    add_a_test_for(name)


FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <include>/etc/fonts/fonts.conf</include>
  <match>
    <test name="family"><string>DejaVu Sans</string></test>
    <test name="family" compare="not_eq" qual="all"><string>monospace</string></test>
    <edit name="family" mode="prepend_first" binding="strong"><string>Inter</string></edit>
  </match>
</fontconfig>
"""


def take_pictures():
    """Debian's fonts are not those that phones and desktops have; Inter is close to theirs."""
    wanted = {"wait-phone": ("en", "wait", "phone", "light"), "code-phone": ("en", "code", "phone", "light"),
              "passphrase-phone": ("en", "passphrase", "phone", "light"), "passphrase-wrong-german": ("de", "passphrase-wrong", "desktop", "dark"),
              "password-phone": ("en", "password", "phone", "light"), "choose-phone": ("en", "choose", "phone", "light"),
              "second-step-phone": ("en", "second-step", "phone", "light"), "add-app-phone": ("en", "add-app", "phone", "dark"),
              "message-phone": ("en", "message-as-text", "phone", "light"), "message-phone-dark": ("en", "message-as-text", "phone", "dark"),
              "wait": ("en", "wait", "desktop", "light"), "code-wrong": ("en", "code-wrong", "desktop", "light"),
              "code-dark-german": ("de", "code", "desktop", "dark"), "message": ("en", "message-html", "tall desktop", "light"),
              "message-dark": ("en", "message-html", "tall desktop", "dark"), "reply": ("en", "reply", "desktop", "light"), "reply-phone": ("en", "reply", "phone", "light"), "lost": ("fr", "lost-no-message", "desktop", "light")}
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="portal-pages-") as folder:
        preview(folder)
        configuration = Path(folder) / "fonts.conf"
        configuration.write_text(FONTS.format(fonts=unpack("fonts-inter")[0] / "usr/share/fonts", cache=Path(folder) / "fonts"))
        pictures = [{"path": f"/{language}/{state}.html", "device": device, "scheme": scheme, "file": str(PICTURES / f"{name}.png")}
                    for name, (language, state, device, scheme) in wanted.items()]
        for picture in in_the_browser(folder, {"pictures": pictures}, FONTCONFIG_FILE=str(configuration)):
            print(f"{picture['file']}: {picture['bytes']} octets")


if __name__ == "__main__":
    if sys.argv[1:] == ["--pictures"]:
        take_pictures()
    else:
        unittest.main()
