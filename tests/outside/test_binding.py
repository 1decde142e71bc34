"""A tenant's binding in the hands of its administrator: monitored first, its secret exchanged and its networks refreshed while mail flows."""
import json
import subprocess
import unittest

from gateway import build_folder
from scene import ANN, letter
from sender import queue_id
from stage import temporary_stage

OLD, NEW = "present-value-0123456789", "next-value-0123456789"


def tenants(mode="enforce", values=("old",), networks='"127.0.0.0/8"', certificate="mail.clinic.example", more=""):
    value = ", ".join(f'"file:{name}"' for name in values)
    return f"""
[tenant.clinic]
domains = ["clinic.example"]
bind    = {{ mode = "{mode}", networks = [{networks}], certificate = ["{certificate}"], header = {{ name = "X-Clinic-Key", value = [{value}] }} }}
{more}"""


class Binding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.good = cls.stage.open("good.example")
        cls.gateway = cls.stage.gateway(start=False, tenants=tenants())
        for name, value in (("old", OLD), ("new", NEW)):
            (cls.gateway.folder / name).write_text(value + "\n")
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop)

    def rewrite(self, **changes):
        self.gateway.tenants = tenants(**changes)
        self.gateway.write_configuration()
        return self.gateway.run("reload")

    def reload(self, **changes):
        done = self.rewrite(**changes)
        self.assertEqual(done.returncode, 0, done.stderr)

    def code(self, value, source="127.0.0.1"):
        extra = b"X-Clinic-Key: " + value.encode() + b"\r\n" if value else b""
        with self.gateway.sender(source=(source, 0)) as exchange:
            self.last = next((reply for reply in exchange.send(ANN, ["bob@good.example"], letter(extra=extra)) if reply.code >= 400), None)
            return self.last.code if self.last else 250

    def test_a_secret_is_exchanged_and_no_mail_is_lost(self):
        self.reload()
        self.assertEqual((self.code(OLD), self.code(NEW)), (250, 550))
        self.reload(values=("old", "new"))
        self.assertEqual((self.code(OLD), self.code(NEW)), (250, 250))
        self.reload(values=("new",))
        self.assertEqual((self.code(OLD), self.code(NEW)), (550, 250))

    def test_a_secret_that_cannot_be_read_leaves_the_present_one_in_force(self):
        self.reload()
        done = self.rewrite(values=("gone",))
        self.assertEqual(done.returncode, 3)
        self.assertIn("file:gone", done.stderr)
        self.assertEqual((self.code(OLD), self.code(NEW)), (250, 550))

    def test_monitoring_records_and_enforcing_refuses(self):
        self.reload(mode="monitor")
        count = len(self.gateway.events(event="accepted"))
        self.assertEqual(self.code(""), 250)
        events = self.gateway.wait_for(event="accepted", count=count + 1)
        self.assertEqual(events[-1]["origin"], "network,certificate,secret (failed, monitor),mail-from,from")
        self.reload(mode="enforce")
        self.assertEqual(self.code(""), 550)

    def test_networks_are_refreshed_and_never_to_nothing(self):
        listed = self.gateway.folder / "ours.txt"
        listed.write_text("127.0.0.0/24\n127.0.44.0/24\n")
        self.reload(networks='"@ours.txt"')
        self.assertEqual((self.code(OLD), self.code(OLD, source="127.0.55.7")), (250, 550))
        for bad in ("", "[]", "<html>try later</html>", "v=spf1 -all", "10.0.0.0/8\n"):
            with self.subTest(bad):
                self.assertEqual(self.refresh(listed, bad), 1)
                self.assertEqual(listed.read_text(), "127.0.0.0/24\n127.0.44.0/24\n")
        self.assertEqual(self.refresh(listed, "v=spf1 ip4:127.0.0.0/24 ip4:127.0.55.0/24 -all\n"), 0)
        self.reload(networks='"@ours.txt"')
        self.assertEqual((self.code(OLD), self.code(OLD, source="127.0.55.7")), (250, 250))

    def refresh(self, path, text):
        return subprocess.run([build_folder() / "postern", "networks", "refresh", path], input=text, text=True, capture_output=True).returncode

    def test_a_wildcard_in_a_certificates_name_is_one_label(self):
        self.reload(certificate="*.clinic.example")
        for name, code in (("mail.clinic.example", 250), ("other.clinic.example", 250), ("a.b.clinic.example", 550), ("clinic.example", 550)):
            with self.subTest(name), self.gateway.sender(certificate=self.stage.authority.client(name)) as exchange:
                replies = exchange.send(ANN, ["bob@good.example"], letter(extra=b"X-Clinic-Key: " + OLD.encode() + b"\r\n"))
                self.assertEqual(next((reply.code for reply in replies if reply.code >= 400), 250), code)

    def test_journal_reports_are_relayed_where_that_is_said(self):
        report = letter(extra=b"X-Clinic-Key: " + OLD.encode() + b"\r\nX-MS-Journal-Report:\r\n")
        for more, code in (("", 550), ('classes = { journal = "relay" }\n', 250)):
            self.reload(more=more)
            with self.subTest(more), self.gateway.sender() as exchange:
                reply = exchange.send(ANN, ["bob@good.example"], report)[-1]
                self.assertEqual(reply.code, code)
        event, = self.gateway.wait_for(event="accepted", queue_id=queue_id(reply))
        self.assertTrue(event["origin"].endswith("class:journal"), event)

    def test_coverage_reads_json_too(self):
        self.reload()
        trace = self.gateway.folder / "trace.json"
        missed = {"Received": "2026-11-28T07:01:00Z", "SenderAddress": ANN, "RecipientAddress": "eve@good.example", "Subject": "Secret plans",
                  "Status": "Delivered", "MessageId": "<never@clinic.example>"}
        for shape in ([missed], {"value": [missed]}):
            trace.write_text(json.dumps(shape))
            done = self.gateway.run("coverage", str(trace))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("eve@good.example  <never@clinic.example>", done.stdout)
            self.assertNotIn("plans", done.stdout)

    def test_coverage_lists_what_never_came(self):
        self.reload()
        with self.gateway.sender() as exchange:
            body = letter(extra=b"X-Clinic-Key: " + OLD.encode() + b"\r\nMessage-ID: <seen@clinic.example>\r\n")
            number = queue_id(exchange.send(ANN, ["bob@good.example"], body)[-1])
        self.gateway.wait_for(event="accepted", queue_id=number)
        head = "Received,SenderAddress,RecipientAddress,Subject,Status,MessageId\r\n"
        seen = "2026-11-28T07:00:00,ann@clinic.example,bob@good.example,Lunch,Delivered,<seen@clinic.example>\r\n"
        missed = "2026-11-28T07:01:00,ann@clinic.example,eve@good.example,Secret plans,Delivered,<missed@clinic.example>\r\n"
        trace = self.gateway.folder / "trace.csv"
        for rows, code, count in ((seen, 0, "1 outbound, 0 never"), (seen + missed, 1, "2 outbound, 1 never")):
            trace.write_bytes((head + rows).encode("utf-16"))
            done = self.gateway.run("coverage", str(trace))
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(count, done.stdout)
            self.assertNotIn("plans", done.stdout)
        self.assertIn("eve@good.example  <missed@clinic.example>", done.stdout)


if __name__ == "__main__":
    unittest.main()
