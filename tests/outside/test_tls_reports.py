"""A domain that asks for it hears, the day after, how TLS with its mail servers went (TLS-RPT, RFC 8460): by mail that is signed, and
over HTTPS. The day after is libfaketime's."""
import email
import gzip
import http.server
import json
import os
import ssl
import subprocess
import threading
import unittest
from pathlib import Path
from unittest import mock

from dkim_keys import DEBIANS_PYTHON, DkimKeys, published, verify
from faked_time import faked_time
from gateway import TENANTS, wait_until
from scene import letter
from stage import temporary_stage

SCHEMAS = Path(os.environ.get("POSTERN_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "schemas"
TOMORROW = faked_time("+1d")
VALIDATE = "import json, sys, jsonschema; jsonschema.validate(*json.load(sys.stdin), format_checker=jsonschema.FormatChecker())"


class ReportHost:
    """HTTPS; what was posted to it, as (path, media type, octets)."""

    def __init__(self, address, certificate):
        self.posted = posted = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                posted.append((self.path, self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, certificate))
        self._server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def validate(report):
    schema = json.loads((SCHEMAS / "tlsrpt.schema.json").read_text())
    done = subprocess.run([DEBIANS_PYTHON, "-c", VALIDATE], input=json.dumps([report, schema]), capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(done.stderr[-2000:])


class TlsReports(unittest.TestCase):
    """One day with a session in TLS and one in the clear; then the next day."""

    @classmethod
    def setUpClass(cls):
        cls.stage = stage = temporary_stage(cls.addClassCleanup)
        cls.good = stage.open("good.example")
        stage.open("plain.example", certificate=None)
        stage.open("quiet.example")
        cls.host = ReportHost(stage.name("reports.example"), stage.authority.server("reports.example"))
        cls.addClassCleanup(cls.host.close)
        stage.zone["reports.example"] = {"A": [stage.zone["mx.reports.example"]["A"][0]]}
        url = f"https://reports.example:{cls.host.port}/v1/tls"
        stage.zone["_smtp._tls.good.example"] = {"TXT": [f"v=TLSRPTv1; rua=mailto:tls@good.example,{url}"]}
        stage.zone["_smtp._tls.plain.example"] = {"TXT": ["v=TLSRPTv1; rua=mailto:plain-reports@good.example"]}
        cls.gateway = stage.gateway(start=False)
        keys = DkimKeys(cls.gateway.folder)
        keys.make("r1", "rsa")
        cls.gateway.tenants = TENANTS + keys.setting("clinic.example")
        cls.gateway.write_configuration("[reports.tls]\nfrom = 'tls-reports@clinic.example'\n"
                                        "organization = 'Clinic'\nspread = '0s'\n")
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop)
        with cls.gateway.sender() as exchange:
            for to in ("bob@good.example", "bob@plain.example", "bob@quiet.example"):
                exchange.send("ann@clinic.example", [to], letter())
        for domain in ("good.example", "plain.example", "quiet.example"):
            if not stage.sinks[domain].wait(1):
                raise AssertionError(f"no mail at {domain}")
        cls.gateway.stop()
        cls.gateway.wrapper = ["env", *(f"{key}={value}" for key, value in TOMORROW.items())]
        cls.gateway.start()
        if not wait_until(lambda: len(cls.reports()) == 2 and cls.host.posted, 30):
            raise AssertionError(cls.gateway.log_file.read_text()[-3000:])

    @classmethod
    def reports(cls):
        return {message.recipients[0]: message.body for message in cls.good.messages if b"TLS-Report-Domain:" in message.body}

    @staticmethod
    def report_in(body):
        text, report = email.message_from_bytes(body).get_payload()
        return report.get_filename(), json.loads(gzip.decompress(report.get_payload(decode=True)))

    def test_a_report_is_as_the_schema_says_and_counts_the_day(self):
        filename, report = self.report_in(self.reports()["tls@good.example"])
        validate(report)
        self.assertEqual(report["organization-name"], "Clinic")
        (policy,) = report["policies"]
        self.assertEqual(policy["policy"], {"policy-type": "no-policy-found", "policy-domain": "good.example"})
        self.assertEqual(policy["summary"], {"total-successful-session-count": 1, "total-failure-session-count": 0})
        self.assertRegex(filename, r"^gw\.clinic\.example!good\.example!\d+!\d+!\S+\.json\.gz$")

    def test_a_session_in_the_clear_is_told_with_both_ends(self):
        _, report = self.report_in(self.reports()["plain-reports@good.example"])
        validate(report)
        (failure,) = report["policies"][0]["failure-details"]
        self.assertEqual(failure["result-type"], "starttls-not-supported")
        self.assertEqual(failure["receiving-mx-hostname"], "mx.plain.example")
        self.assertEqual(failure["receiving-ip"], self.stage.zone["mx.plain.example"]["A"][0])
        self.assertRegex(failure["sending-mta-ip"], r"^127\.")

    def test_its_mail_is_signed_and_asks_to_arrive_whatever_tls_does(self):
        body = self.reports()["tls@good.example"]
        with mock.patch.dict(os.environ, TOMORROW):
            self.assertEqual(verify(body, published(self.gateway)), ["pass"])
        message = email.message_from_bytes(body)
        self.assertEqual(message["TLS-Required"], "No")
        self.assertEqual(message.get_content_type(), "multipart/report")
        self.assertEqual(message.get_param("report-type"), "tlsrpt")

    def test_the_same_is_posted(self):
        ((path, media_type, octets),) = self.host.posted
        self.assertEqual((path, media_type), ("/v1/tls", "application/tlsrpt+gzip"))
        self.assertEqual(json.loads(gzip.decompress(octets)), self.report_in(self.reports()["tls@good.example"])[1])

    def test_who_does_not_ask_is_not_told(self):
        self.assertIn(("_smtp._tls.quiet.example", "TXT"), self.stage.dns.asked)
        self.assertEqual(len(self.stage.sinks["quiet.example"].messages), 1)


if __name__ == "__main__":
    unittest.main()
