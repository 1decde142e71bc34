"""What the portal shows of hostile HTML mail (tests/portal/xss/), in Chromium with scripts allowed and no policy: nothing runs, and
nothing is asked of any server. The same files as they came do both there: those whose name begins with "live-". And DOMPurify, which
knows what browsers make of HTML, finds nothing to take out of what the portal shows."""
import base64
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "outside"))
from gateway import build_folder  # noqa: E402
from unpack import npm_install  # noqa: E402

PLAYWRIGHT, DOMPURIFY = "1.65.1", "3.5.0"
HERE = Path(__file__).resolve().parent
CORPUS = sorted((HERE.parent / "tests" / "portal" / "xss").glob("*.html"))


def in_browser(pages, purify=False, patience=20):
    """By name: how often it `ran` something, what it `asked` for, `odd` addresses of links; and what is `purified`. `patience`: for what
    has been provoked, in milliseconds."""
    playwright = npm_install("playwright-core", PLAYWRIGHT) / "node_modules" / "playwright-core"
    dompurify = npm_install("dompurify", DOMPURIFY) / "node_modules" / "dompurify" / "dist" / "purify.js"
    request = {"pages": {name: base64.b64encode(html).decode() for name, html in pages.items()}, "purify": purify, "patience": patience}
    done = subprocess.run(["node", HERE / "portal_html" / "browser.cjs", playwright, dompurify], input=json.dumps(request), capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def shown(files):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([build_folder() / "interop" / "safe_html_tool", folder, *files], check=True, timeout=60)
        return {file.stem: (Path(folder) / file.name).read_bytes() for file in files}


class PortalHtml(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.safe = in_browser(shown(CORPUS), purify=True)

    def test_nothing_runs_and_nothing_is_asked_for(self):
        self.assertEqual(len(self.safe), len(CORPUS))
        for name, found in self.safe.items():
            with self.subTest(name):
                self.assertEqual((found["ran"], found["asked"], found["odd"]), (0, [], []))

    def test_a_browser_reads_the_same_again(self):
        self.assertEqual([name for name, found in self.safe.items() if not found["purified"]["again"]], [])

    def test_dompurify_takes_nothing_out(self):
        self.assertEqual([(name, found["purified"]["removed"]) for name, found in self.safe.items() if not found["purified"]["kept"]], [])

    def test_the_same_files_as_they_came_do_harm_here(self):
        live = {file.stem: file.read_bytes() for file in CORPUS if file.stem.startswith("live-")}
        self.assertGreater(len(live), 60)
        raw = in_browser(live)
        quiet = {name: live[name] for name, found in raw.items() if not (found["ran"] or found["asked"] or found["odd"])}
        raw |= in_browser(quiet, patience=2000)  # a busy machine takes its time
        self.assertEqual([name for name, found in raw.items() if not (found["ran"] or found["asked"] or found["odd"])], [])


if __name__ == "__main__":
    unittest.main()
