"""The EchoSpoofing family, tests/attacks, against a real gateway: refused with a reply that helps nobody, the reason in the log, nothing kept."""
import dataclasses
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

    def test_the_secret_is_in_no_file_and_no_event(self):
        own = next(case for case in cases("relayed") if case.name == "own")
        number = queue_id(self.replies(own)[-1])
        self.gateway.wait_for(event="delivered", queue_id=number)
        kept = [path for path in self.gateway.folder.rglob("*") if path.is_file() and path.name not in SECRETS]
        self.assertIn(self.gateway.event_file, kept)
        for path in kept:
            self.assertNotIn(b"present-value", path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main()
