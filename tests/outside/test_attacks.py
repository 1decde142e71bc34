"""The EchoSpoofing family, tests/attacks, against a real gateway: refused with a reply that helps nobody, the reason in the log, nothing kept."""
import dataclasses
import re
import shutil
import unittest
from pathlib import Path

from certs import Authority
from gateway import REPOSITORY, wait_until
from scene import below_trace
from sender import queue_id
from stage import temporary_stage

ATTACKS = REPOSITORY / "tests" / "attacks"
ADDRESSES = {"microsoft": "127.0.44.7", "elsewhere": "127.0.55.7"}
SECRETS = {"clinic-key": "present-value-0123456789", "clinic-key-next": "next-value-0123456789"}
NOT_OURS = "5.7.1 This gateway does not send mail for this sender; your mail administrator can look up why"


@dataclasses.dataclass
class Case:
    name: str
    about: dict
    message: bytes

    @staticmethod
    def read(path: Path):
        top, message = path.read_bytes().split(b"---\n", 1)
        about = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in top.decode().removeprefix("# ").splitlines())
        return Case(path.stem, about, message.replace(b"\n", b"\r\n"))


def cases(folder):
    return [Case.read(path) for path in sorted((ATTACKS / folder).glob("*.txt"))]


def write_secrets(folder):
    for name, value in SECRETS.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(value + "\n")


class Attacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.authorities = {"trusted": cls.stage.authority, "institute": Authority(cls.stage.folder / "institute")}
        cls.good = cls.stage.open("good.example")
        cls.gateway = cls.stage.gateway(start=False, tenants=(ATTACKS / "tenants.toml").read_text())
        write_secrets(cls.gateway.folder)
        shutil.copy(cls.authorities["institute"].certificate, cls.gateway.folder / "institute-ca.pem")
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop)
        cls.certificates = {}

    def certificate(self, name, authority="trusted"):
        if name == "none":
            return None
        if (name, authority) not in self.certificates:
            self.certificates[name, authority] = self.authorities[authority].client(name)
        return self.certificates[name, authority]

    def replies(self, case):
        source = (ADDRESSES[case.about["client"]], 0)
        certificate = self.certificate(case.about["certificate"], case.about.get("authority", "trusted"))
        with self.gateway.sender(certificate=certificate, source=source) as exchange:
            return exchange.send((case.about["mail"], "SMTPUTF8"), ["bob@good.example"], case.message)

    def test_every_attack_is_refused(self):
        files = cases("refused")
        self.assertGreaterEqual(len(files), 100)
        accepted, arrived = len(self.gateway.events(event="accepted")), len(self.good.messages)
        for case in files:
            with self.subTest(case.name):
                before = len(self.gateway.events(event="rejected"))
                reply = next((one for one in self.replies(case) if one.code >= 400), None)
                self.assertIsNotNone(reply, "it was accepted: " + case.about["what"])
                self.assertEqual((reply.code, reply.text), (550, NOT_OURS))
                events = self.gateway.wait_for(event="rejected", count=before + 1, timeout=5)
                self.assertEqual([event["reason"] for event in events[before:]], [case.about["refused"]])
        self.assertEqual(self.gateway.queue(), [])
        self.assertEqual(len(self.gateway.events(event="accepted")), accepted)
        self.assertEqual(len(self.good.messages), arrived)

    def test_what_only_looks_alike_is_relayed_without_the_secret(self):
        for case in cases("relayed"):
            with self.subTest(case.name):
                reply = self.replies(case)[-1]
                self.assertEqual(reply.code, 250, reply.text)
                message = self.arrived(queue_id(reply).encode())
                lines = case.message.split(b"\r\n")
                expected = b"\r\n".join(line for line in lines if not line.lower().startswith(b"x-clinic-key:"))
                self.assertEqual(below_trace(message.body), expected)

    def arrived(self, number):
        def found():
            return [message for message in self.good.messages if number in message.body[:1000]]
        self.assertTrue(wait_until(found, timeout=20), "the message did not arrive")
        return found()[0]

    def test_the_log_names_conditions_and_class(self):
        wanted = {"own": "network,certificate,originator-org,tenant-id,secret,mail-from,from",
                  "own-authority": "network,certificate,ca,mail-from,from",
                  "report": "network,certificate,originator-org,tenant-id,secret,from,class:null-sender",
                  "second-tenant-forwards": "network,certificate,originator-org,tenant-id,mail-from,class:forwarded"}
        for case in cases("relayed"):
            if case.name not in wanted:
                continue
            with self.subTest(case.name):
                number = queue_id(self.replies(case)[-1])
                (event,) = self.gateway.wait_for(event="accepted", queue_id=number, timeout=5)
                self.assertEqual(event["origin"], wanted[case.name])

    def test_a_report_returns_no_secret_of_the_mail_that_it_is_about(self):
        returned = b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nX-Clinic-Key: present-value-\r\n 0123456789\r\nTo: bob@good.example\r\n"
        body = (b"From: postmaster@clinic.example\r\nX-OriginatorOrg: clinic.example\r\nX-MS-Exchange-CrossTenant-Id: 3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81\r\n"
                b"X-Clinic-Key: present-value-0123456789\r\nContent-Type: multipart/report; boundary=b\r\n\r\n" + returned + b"--b--\r\n")
        about = {"client": "microsoft", "certificate": "mail.protection.outlook.com", "mail": ""}
        for chunks in (None, [7], [1]):
            with self.subTest(chunks=chunks):
                source = (ADDRESSES["microsoft"], 0)
                with self.gateway.sender(certificate=self.certificate(about["certificate"]), source=source) as exchange:
                    reply = exchange.send("", ["bob@good.example"], body, chunks=chunks)[-1]
                self.assertEqual(reply.code, 250, reply.text)
                arrived = below_trace(self.arrived(queue_id(reply).encode()).body)
                self.assertEqual(arrived, body.replace(b"X-Clinic-Key: present-value-0123456789\r\n", b"").replace(
                    b"X-Clinic-Key: present-value-\r\n 0123456789\r\n", b""))

    def test_a_forwarded_bounce_takes_no_secret_along(self):
        """A user's mail with a bounce of Exchange's attached; in what somebody signed it stays, and the log says so."""
        key = b"X-Clinic-Key: present-value-0123456789\r\n"
        head = (b"From: ann@clinic.example\r\nX-OriginatorOrg: clinic.example\r\n"
                b"X-MS-Exchange-CrossTenant-Id: 3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81\r\n" + key + b"MIME-Version: 1.0\r\n")
        bounce = (b"Content-Type: multipart/report; boundary=r\r\n\r\n--r\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n" + key
                  + b"To: bob@good.example\r\n\r\ntext\r\n--r--\r\n")
        parts = (b"--b\r\n\r\n" + key + b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: postmaster@clinic.example\r\n" + key + bounce + b"--b--\r\n")
        only_text = parts.replace(key, b"").replace(b"--b\r\n\r\n", b"--b\r\n\r\n" + key, 1)  # what a user writes in a text is no header
        for kind, expected, said in ((b"multipart/mixed", only_text, False), (b"multipart/signed", parts, True)):
            for chunks in (None, [7], [1]):
                with self.subTest(kind, chunks=chunks):
                    section = head + b"Content-Type: " + kind + b"; boundary=b\r\n\r\n"
                    source = (ADDRESSES["microsoft"], 0)
                    with self.gateway.sender(certificate=self.certificate("mail.protection.outlook.com"), source=source) as exchange:
                        reply = exchange.send("ann@clinic.example", ["bob@good.example"], section + parts, chunks=chunks)[-1]
                    self.assertEqual(reply.code, 250, reply.text)
                    number = queue_id(reply)
                    self.assertEqual(below_trace(self.arrived(number.encode()).body), section.replace(key, b"") + expected)
                    self.assertEqual(f"{number}: a field that is for Exchange" in self.gateway.log_file.read_text(), said)

    def test_the_secret_is_in_no_file_and_no_event(self):
        own = next(case for case in cases("relayed") if case.name == "own")
        number = queue_id(self.replies(own)[-1])
        self.gateway.wait_for(event="delivered", queue_id=number)
        kept = [path for path in self.gateway.folder.rglob("*") if path.is_file() and path.name not in SECRETS]
        self.assertIn(self.gateway.event_file, kept)
        for path in kept:
            self.assertNotIn(b"present-value", path.read_bytes(), path)


class AnswersPage(unittest.TestCase):
    """docs/answers.md has a row with cause and cure for whatever a sender may hear and a log may give as the reason."""

    @classmethod
    def setUpClass(cls):
        lines = (REPOSITORY / "docs" / "answers.md").read_text().splitlines()
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
        cls.rows = [row for row in rows if len(row) == 3 and all(row)]

    def test_every_reason_of_a_refused_attack(self):
        listed = {word for row in self.rows for word in re.findall(r"`([a-z-]+)`", row[0])}
        reasons = {case.about["refused"] for case in cases("refused")}
        self.assertGreater(len(reasons), 8)
        self.assertEqual(reasons - listed, set())

    def test_every_reply_of_the_gateways_own(self):
        source = (REPOSITORY / "gateway" / "replies.hpp").read_text()
        replies = re.findall(r"return \{([45]\d\d), mail::StatusCode\{(\d), (\d), (\d)\},\s*\"([^,;\"]+)", source)
        self.assertGreater(len(replies), 5)
        for code, *status, text in replies:
            answer = f"`{code} {'.'.join(status)} {text}"
            self.assertTrue(any(row[0].startswith(answer) for row in self.rows), answer)


if __name__ == "__main__":
    unittest.main()
