"""The portal's TLS as scanners that others wrote see it: testssl.sh and sslscan, on loopback and without a network. A finding above INFO is
listed here with its reason, or is a failure; so is one that is listed and gone. The long form (POSTERN_FULL=1) has every check of testssl.sh,
which takes minutes, and for a certificate with an RSA key too."""
import json
import os
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "outside"), str(Path(__file__).resolve().parent)]
from certs import openssl  # noqa: E402
from gateway import wait_until  # noqa: E402
from portal import HOST, Portal  # noqa: E402
from ports import free_port  # noqa: E402
from stage import temporary_stage  # noqa: E402

FULL = os.environ.get("POSTERN_FULL") == "1"
CHECKS = [] if FULL else ["--protocols", "--lucky13", "--headers"]
OF_THE_MACHINE = {"engine_problem": "Debian's openssl has no GOST, which is not looked for"}
OF_THE_CERTIFICATE = {
    "cert_expirationStatus": "the test's is good for 30 days",
    "cert_notAfter": "the same",
    "cert_revocation": "nobody asks the test's authority: it has neither CRL nor OCSP",
}
AT_TIMES = {"sessionresumption_ticket": "testssl.sh may hang up before a TLS 1.3 ticket has come, and resumes by nothing then"}


def testssl(port, folder, *options):
    """{id: (severity, finding)}."""
    report = folder / f"testssl-{port}.json"
    done = subprocess.run(["testssl", "--jsonfile", report, "--warnings", "off", "--color", "0", "--quiet", "--nodns", "none", "--ip", "127.0.0.1",
                           "--openssl-timeout", "20", *options, f"https://{HOST}:{port}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=550)
    found = {one["id"]: (one["severity"], one["finding"]) for one in json.loads(report.read_text())} if report.exists() else {}
    if not found or "scanTime" not in found:
        raise AssertionError(f"testssl.sh did not end well ({done.returncode}): {done.stdout[-2000:]} {done.stderr[-500:]}")
    return found


def bad(found):
    return {name: said for name, said in found.items() if said[0] not in ("OK", "INFO") and not (said[0] == "WARN" and name in AT_TIMES)}


def sslscan(port):
    done = subprocess.run(["sslscan", "--xml=-", "--sni-name=" + HOST, f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=120)
    return xml.etree.ElementTree.fromstring(done.stdout).find("ssltest")


class Scanned(unittest.TestCase):
    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.portal = Portal(self.stage.folder / "portal", self.stage.authority)
        self.addCleanup(self.portal.stop)

    def check_by_testssl(self):
        found = testssl(self.portal.port, self.stage.folder, "--add-ca", self.stage.authority.certificate, *CHECKS)
        self.assertEqual(set(bad(found)), OF_THE_MACHINE.keys() | (OF_THE_CERTIFICATE.keys() if FULL else set()), bad(found))
        self.assertEqual([found[name][0] for name in ("TLS1_2", "TLS1_3", "HSTS_time", "LUCKY13")], ["OK"] * 4)

    def test_testssl_finds_nothing(self):
        self.check_by_testssl()

    @unittest.skipUnless(FULL, "the same with another key: POSTERN_FULL=1")
    def test_testssl_finds_nothing_where_the_key_is_rsa(self):
        folder = self.portal.folder
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
                "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=digitalSignature", "-addext", "extendedKeyUsage=serverAuth",
                "-CA", self.stage.authority.certificate, "-CAkey", self.stage.authority.folder / f"{self.stage.authority.name}.key",
                "-keyout", "tls.key", "-out", "tls.crt", folder=folder)
        self.portal.stop()
        self.portal.start()
        self.check_by_testssl()

    def test_sslscan_sees_two_versions_and_strong_ciphers_alone(self):
        seen = sslscan(self.portal.port)
        enabled = {(one.get("type"), one.get("version")) for one in seen.iter("protocol") if one.get("enabled") == "1"}
        self.assertEqual(enabled, {("tls", "1.2"), ("tls", "1.3")})
        self.assertLessEqual({one.get("strength") for one in seen.iter("cipher")}, {"strong", "acceptable"})  # it says the latter of all of TLS 1.3
        self.assertEqual([one.get("cipher") for one in seen.iter("cipher") if not re.search("GCM|POLY1305", one.get("cipher"))], [])
        self.assertEqual(seen.find("renegotiation").get("supported"), "0")
        self.assertEqual({one.get("vulnerable") for one in seen.iter("heartbleed")}, {"0"})


class TheScannersFind(unittest.TestCase):
    """What is wrong with a server that is wrong: no encryption, CBC, an old version."""

    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        certificate, key = self.stage.authority.server(HOST)
        self.port = free_port()
        server = subprocess.Popen(["openssl", "s_server", "-accept", str(self.port), "-cert", certificate, "-key", key, "-www", "-cipher", "ALL:eNULL:@SECLEVEL=0"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.assertTrue(wait_until(lambda: subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL,
                                                          capture_output=True).returncode == 0))

    def test_testssl(self):
        found = bad(testssl(self.port, self.stage.folder, *(["--standard", "--lucky13"] if FULL else ["--lucky13"])))
        self.assertLessEqual({"LUCKY13", *(["cipherlist_NULL", "cipherlist_aNULL", "cipherlist_AVERAGE"] if FULL else [])}, set(found))

    def test_sslscan(self):
        seen = sslscan(self.port)
        self.assertLessEqual({"null"}, {one.get("strength") for one in seen.iter("cipher")})


if __name__ == "__main__":
    unittest.main()
