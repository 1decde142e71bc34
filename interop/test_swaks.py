"""swaks, the tester's knife, sends through the gateway as an administrator would try it."""
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "outside"))
from scene import below_trace  # noqa: E402
from stage import temporary_stage  # noqa: E402


class Swaks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.sink = cls.stage.open("good.example")
        cls.gateway = cls.stage.gateway()
        cls.addClassCleanup(cls.gateway.stop)

    def swaks(self, *more):
        certificate, key = self.gateway.client
        return subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(self.gateway.ports["m365"]), "--from", "ann@clinic.example",
                               "--to", "bob@good.example", "--ehlo", "mail.clinic.example", *more], capture_output=True, text=True, timeout=60)

    def test_with_tls_and_the_clients_certificate_it_is_relayed_octet_by_octet(self):
        certificate, key = self.gateway.client
        data = self.stage.folder / "letter.eml"
        text = b"From: ann@clinic.example\nTo: bob@good.example\nSubject: swaks\n\n.dot\n\xc3\xa4\n..\n\nend\n"
        data.write_bytes(text)
        before = len(self.sink.messages)
        done = self.swaks("--tls", "--tls-cert", str(certificate), "--tls-key", str(key), "--data", f"@{data}")
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        self.assertTrue(self.sink.wait(before + 1))
        # swaks ends a message with an empty line of its own.
        self.assertEqual(below_trace(self.sink.messages[before].body).rstrip(b"\r\n"), text.replace(b"\n", b"\r\n").rstrip(b"\r\n"))

    def test_without_tls_it_hears_530_and_without_the_certificate_550(self):
        self.assertIn("530 5.7.0", self.swaks().stdout)
        self.assertIn("550 5.7.1", self.swaks("--tls").stdout)
