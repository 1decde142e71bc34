"""Real Postfix sends through the gateway to real Postfix; what arrives is what was sent, below the trace fields."""
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "outside"))
from gateway import free_port, wait_until  # noqa: E402
from postfix import Postfix, receiving  # noqa: E402
from sender import Sender  # noqa: E402
from stage import Stage  # noqa: E402

ANN = "ann@clinic.example"
HEAD = (b"From: Ann <ann@clinic.example>\r\nTo: bob@real.example\r\n"
        b"Date: Wed, 25 Nov 2026 12:00:00 +0000\r\n"
        b"Message-ID: <1@clinic.example>\r\nSubject: %s\r\nMIME-Version: 1.0\r\n")
BODIES = {
    b"plain": b"\r\nHello\r\n",
    b"eight bit": b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\xff\xfe\x80\r\n",
    b"dots": b"\r\n.\r\n..\r\n.a\r\n\r\n.\r\n",
    b"empty lines": b"\r\n\r\n\r\nx\r\n\r\n\r\n",
    b"long line": b"\r\n" + b"y" * 20_000 + b"\r\nend\r\n",
    b"signed": b"DKIM-Signature: v=1; a=rsa-sha256;\r\n\tb=AAAA\r\n BBBB==\r\n\r\nsigned  \r\n",
    b"large": b"\r\n" + b"0123456789abcdef0123456789abcdef\r\n" * 20_000,
}


class PostfixBothWays(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="postern-interop-"))
        cls.stage = Stage(cls.folder)
        address = cls.stage.name("real.example")
        cls.receiver = Postfix(cls.folder / "receiver", address, cls.stage.port, receiving("real.example"),
                               certificate=cls.stage.authority.server("mx.real.example"), hostname="mx.real.example")
        cls.gateway = cls.stage.gateway()
        cls.sender = Postfix(cls.folder / "sender", "127.0.0.41", free_port(),
                             {"relayhost": f"[127.0.0.1]:{cls.gateway.ports['m365']}", "smtp_tls_security_level": "encrypt",
                              "smtp_tls_cert_file": "/etc/postfix/tls.pem", "smtp_tls_key_file": "/etc/postfix/tls.key"},
                             certificate=cls.gateway.client, hostname="mail.clinic.example")

    @classmethod
    def tearDownClass(cls):
        cls.sender.stop()
        cls.receiver.stop()
        cls.gateway.stop()
        cls.stage.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def submit(self, body):
        with Sender(self.sender.address, self.sender.port, starttls=False) as connection:
            self.assertEqual(connection.send(ANN, ["bob@real.example"], body)[-1].code, 250)

    def arrived(self, marker):
        return wait_until(lambda: next((one for one in self.receiver.mailbox() if marker in one), None), timeout=40)

    def test_every_octet_is_the_same_from_postfix_to_postfix(self):
        for name, rest in BODIES.items():
            with self.subTest(name.decode()):
                body = HEAD % name + rest
                self.submit(body)
                kept = self.arrived(b"Subject: " + name + b"\n")
                self.assertIsNotNone(kept, "it did not arrive; the sender said: " + self.sender.root.said()[-1500:])
                wanted = body.replace(b"\r\n", b"\n")
                self.assertTrue(kept.endswith(wanted), f"octets differ: {kept[-200:]!r}")
                self.assertIn(b"by gw.clinic.example (Postern) with ESMTPS", kept[:-len(wanted)])

    def test_protected_mail_reaches_postfix_by_verified_tls(self):
        self.submit(HEAD % b"[secure] report" + b"\r\nfine\r\n")
        self.assertIsNotNone(self.arrived(b"[secure] report"))
        delivered = self.gateway.wait_for(event="delivered", action="protect", recipient="bob@real.example")
        self.assertTrue(delivered[-1]["tls"]["verified"])
        self.assertEqual(delivered[-1]["host"], "mx.real.example")

    def test_postfix_bounces_what_the_gateway_refuses(self):
        self.submit(b"From: <ceo@other.example>\r\nSubject: not ours\r\n\r\nx\r\n")
        self.assertTrue(wait_until(lambda: "550 5.7.1 Not permitted to send through this gateway (from)" in self.sender.root.said(), timeout=20))
