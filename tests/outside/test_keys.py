"""`postern keys`: partners' keys in and out, changed keys, expiry, identities; whatever happens to the process that writes."""
import base64
import os
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from gateway import REPOSITORY, Gateway, build_folder
from postgresql import PostgresqlServer
from stage import temporary_stage


def openssl(*arguments, **options):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, **options)


def certificate(folder, name, mail, days=365, algorithm=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), ca="FALSE", extra=()):
    """name.crt and name.key."""
    san = ["-addext", f"subjectAltName=email:{mail}"] if mail else []
    openssl("req", "-x509", "-newkey", *algorithm, "-nodes", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt",
            "-days", str(days), "-subj", f"/CN={name}", "-addext", f"basicConstraints=critical,CA:{ca}", *san, *extra)
    return folder / f"{name}.crt"


def many_certificates(folder, count):
    """Certificates of one key, made by hand: `openssl req` takes too long for so many. One PEM file."""
    openssl("genpkey", "-algorithm", "ed25519", "-out", folder / "many.key")
    pem = ""
    for i in range(count):
        name = folder / "one.crt"
        openssl("req", "-x509", "-key", folder / "many.key", "-out", name, "-days", "99", "-subj", f"/CN={i}", "-addext",
                f"subjectAltName=email:a{i}@many.example", "-addext", "basicConstraints=critical,CA:FALSE")
        pem += name.read_text()
    return pem


class Keys(unittest.TestCase):
    """A gateway that does not run, and a folder of files."""
    store = ""

    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.files = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.ann = certificate(cls.files, "ann", "Ann@lab.example")
        cls.other_ann = certificate(cls.files, "other-ann", "ann@lab.example", days=10)
        cls.root = certificate(cls.files, "root", None, ca="TRUE")

    def setUp(self):
        self.gateway: Gateway = self.stage.gateway(name=self.id().rsplit(".", 1)[-1], start=False)
        self.gateway.write_configuration(extra=self.configure())

    def configure(self):
        return ""

    def keys(self, *arguments, code=0):
        done = self.gateway.run("keys", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def answer(self, *arguments):
        return self.gateway.run("keys", *arguments, json_answer=True)

    def listed(self, *arguments):
        return self.answer("list", *arguments)["keys"]


class Commands(Keys):
    def test_a_folder_with_bad_files_is_taken_in_but_for_those(self):
        folder = self.gateway.folder / "partners"
        (folder / "below").mkdir(parents=True)
        (folder / "ann.pem").write_bytes(self.ann.read_bytes())
        (folder / "chain.pem").write_bytes(certificate(self.files, "bob", "bob@lab.example").read_bytes() + self.root.read_bytes())
        openssl("crl2pkcs7", "-nocrl", "-certfile", certificate(self.files, "eve", "eve@other.example"), "-outform", "DER", "-out", folder / "below" / "eve.p7c")
        (folder / "notes.txt").write_text("call them on Monday\n")
        (folder / "damaged.crt").write_text(self.ann.read_text().replace("M", "\x01"))
        (folder / "empty").touch()
        openssl("x509", "-in", certificate(self.files, "old", "old@lab.example"), "-signkey", self.files / "old.key", "-days", "-1", "-out", folder / "old.crt")
        said = self.keys("import", str(folder), code=1)
        self.assertIn("3 stored, 5 rejected", said)
        for file in ("notes.txt: neither PEM", "damaged.crt, block 1: a PEM block that is damaged", "empty: it is empty",
                     "chain.pem, block 2: a certification authority's", "old.crt, block 1: it expired on"):
            self.assertIn(file, said)
        self.assertEqual({address for key in self.listed() for address in key["addresses"]},
                         {"ann@lab.example", "bob@lab.example", "eve@other.example"})
        self.assertEqual({key["trust"] for key in self.listed()}, {"pinned"})
        self.assertEqual(len(self.listed("--domain", "lab.example")), 2)
        self.assertIn("3 stored, 5 rejected", self.keys("import", str(folder), code=1))  # again changes nothing
        self.assertEqual(len(self.listed()), 3)

    def test_a_certificate_for_a_whole_domain(self):
        self.keys("import", str(self.ann), "--for", "@Lab.Example")
        self.assertEqual(self.listed()[0]["addresses"], ["@lab.example"])
        self.assertIn("--for nonsense", self.keys("import", str(self.ann), "--for", "nonsense", code=2))

    def test_a_changed_key_waits_for_an_administrator(self):
        self.keys("import", str(self.ann))
        self.assertIn("awaits approval", self.keys("import", str(self.other_ann), "--trust", "verified"))
        self.assertIn("awaits approval", self.keys("list", "--awaiting"))
        fingerprint = self.listed("--awaiting")[0]["fingerprint"]
        self.assertIn("approved", self.keys("approve", "ann@lab.example"))
        usable = [key for key in self.listed() if not key["awaits_approval"]]
        self.assertEqual([(key["fingerprint"], key["trust"]) for key in usable], [(fingerprint, "pinned")])

    def test_refused_stays_refused(self):
        self.keys("import", str(self.ann))
        fingerprint = self.listed()[0]["fingerprint"]
        self.keys("refuse", fingerprint[:12])
        self.assertIn("an administrator has refused this key", self.keys("import", str(self.ann), code=1))
        self.assertIn("refused", self.keys("list"))
        self.keys("trust", fingerprint)
        self.assertEqual(self.listed()[0]["trust"], "pinned")
        self.keys("revoke", fingerprint)
        self.assertIn("this key is revoked", self.keys("import", str(self.ann), code=1))
        self.keys("remove", fingerprint)
        self.assertEqual(self.listed(), [])
        self.assertIn("there is no key", self.keys("remove", fingerprint, code=1))

    def test_what_expires_soon_is_an_exit_code(self):
        self.keys("import", str(self.ann))
        self.assertIn("no keys", self.keys("expiring"))
        self.keys("import", str(self.other_ann))
        self.assertIn("ann@lab.example", self.keys("expiring", "--within", "30d", code=1))
        self.assertIn("no keys", self.keys("expiring", "--within", "9d"))
        self.keys("expiring", "--within", "soon", code=2)

    def test_what_is_exported_comes_back(self):
        self.keys("import", str(self.ann), "--trust", "pinned")
        before = self.listed()
        self.assertEqual(self.keys("export"), self.ann.read_text())
        for form in ("text", "ldif"):
            exported = self.keys("export", "ann@lab.example", "--format", form)
            self.keys("remove", before[0]["fingerprint"])
            done = subprocess.run([build_folder() / "postern", "--config", self.gateway.configuration, "keys", "import", "-"], input=exported,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.listed()[0]["fingerprint"], before[0]["fingerprint"])

    def test_an_ambiguous_name_changes_nothing(self):
        self.keys("import", str(self.ann))
        self.keys("import", str(self.other_ann))
        self.assertIn("several keys", self.keys("remove", "ann@lab.example", code=1))
        self.assertEqual(len(self.listed()), 2)
        self.assertIn("8 hexadecimal digits", self.keys("show", "abc", code=1))

    def test_show_tells_what_is_known(self):
        self.keys("import", str(self.ann))
        said = self.keys("show", "ann@lab.example")
        for what in ("CN=ann", "p256 256", "import: ann.crt", "pinned", "ann@lab.example"):
            self.assertIn(what, said)


class Identities(Keys):
    def setUp(self):
        super().setUp()
        self.p12, self.password = self.gateway.folder / "seal.p12", self.gateway.folder / "password"
        crt = certificate(self.gateway.folder, "seal", "seal@clinic.example", algorithm=("rsa:2048",))
        self.key_file = crt.with_suffix(".key")
        self.password.write_text("horse battery\n")
        openssl("pkcs12", "-export", "-in", crt, "-inkey", self.key_file, "-certfile", self.root, "-out", self.p12, "-passout", "pass:horse battery")

    def test_a_pkcs12_file_becomes_an_identity(self):
        self.assertIn("needs its password", self.keys("identities", "import", str(self.p12), code=1))
        self.keys("identities", "import", str(self.p12), "--password", f"file:{self.password}", "--for", "@clinic.example")
        self.assertIn("(sealed)", self.keys("identities", "list"))
        one = self.answer("identities", "list")["identities"][0]
        self.assertEqual((one["addresses"], one["private_key"], one["algorithm"]), (["@clinic.example"], "sealed", "rsa"))
        self.assertIn("keys identities import", self.keys("import", str(self.p12), "--password", f"file:{self.password}", code=1))
        self.keys("identities", "remove", one["fingerprint"][:16])
        self.assertIn("no identities", self.keys("identities", "list"))

    def test_no_private_key_lies_open_in_the_database(self):
        self.keys("identities", "import", str(self.p12), "--password", f"file:{self.password}")
        secret = subprocess.run(["openssl", "rsa", "-in", self.key_file, "-outform", "DER"], check=True, capture_output=True).stdout
        numbers = secret[-600:]  # the primes and what belongs to them
        database = b"".join(path.read_bytes() for path in self.gateway.state.glob("keys.db*"))
        self.assertIn(b"signing_identity", database)
        sealed = sqlite3.connect(self.gateway.state / "keys.db").execute("select sealed from signing_identity").fetchone()[0]
        self.assertGreater(len(sealed), 1500)
        for haystack in (database, base64.b64decode(sealed)):
            self.assertNotIn(b"PRIVATE KEY", haystack)
            for at in range(0, len(numbers) - 24, 24):
                self.assertNotIn(numbers[at:at + 24], haystack)
                self.assertNotIn(base64.b64encode(numbers[at:at + 24]), haystack)

    def test_another_kek_is_a_clear_error(self):
        self.keys("identities", "import", str(self.p12), "--password", f"file:{self.password}")
        (self.gateway.folder / "kek").write_text("00" * 32)
        self.assertIn("another KEK", self.keys("identities", "list", code=5))
        self.assertIn("another KEK", self.keys("list", code=5))

    def test_without_a_kek_partners_keys_are_looked_after_and_identities_are_not(self):
        self.keys("list")
        (self.gateway.folder / "kek").unlink()
        self.keys("import", str(self.ann))
        self.assertIn("file:kek", self.keys("identities", "import", str(self.p12), "--password", f"file:{self.password}", code=4))

    def test_a_private_key_that_stays_where_it_is(self):
        crt = str(self.key_file.with_suffix(".crt"))
        self.keys("identities", "import", crt, "--key", f"file:{self.key_file}")
        self.assertEqual(self.answer("identities", "list")["identities"][0]["private_key"], f"file:{self.key_file}")
        self.assertIn("is not that of the certificate", self.keys("identities", "import", str(self.ann), "--key", f"file:{self.key_file}", code=1))
        self.assertIn("pin-source", self.keys("identities", "import", crt, "--key", "pkcs11:object=a?pin-value=1234", code=1))

    def test_a_private_key_in_a_token(self):
        folder = self.gateway.folder
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\n")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
        self.addCleanup(os.environ.pop, "SOFTHSM2_CONF")
        def run(*words):
            subprocess.run(["softhsm2-util", *words], check=True, capture_output=True)

        run("--init-token", "--free", "--label", "clinic", "--so-pin", "1234", "--pin", "567890")
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", self.key_file, "-out", folder / "key8")
        run("--import", str(folder / "key8"), "--token", "clinic", "--label", "seal", "--id", "a1", "--pin", "567890")
        (folder / "pin").write_text("567890\n")
        (folder / "wrong-pin").write_text("000000\n")
        crt, where = str(self.key_file.with_suffix(".crt")), "pkcs11:token=clinic;object={}?pin-source=file:{}&module-path=/usr/lib/softhsm/libsofthsm2.so"
        self.assertIn("refuses the PIN", self.keys("identities", "import", crt, "--key", where.format("seal", "wrong-pin"), code=4))
        self.assertIn("no private key of that label", self.keys("identities", "import", crt, "--key", where.format("none", "pin"), code=4))
        self.keys("identities", "import", crt, "--key", where.format("seal", "pin"))
        self.assertTrue(self.answer("identities", "list")["identities"][0]["private_key"].startswith("pkcs11:token=clinic"))


class Processes(Keys):
    def import_slowly(self, pem, name="many.pem"):
        file = self.gateway.folder / name
        file.write_text(pem)
        return subprocess.Popen([build_folder() / "postern", "--config", self.gateway.configuration, "keys", "import", file],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def count(self):
        try:
            return sqlite3.connect(f"file:{self.gateway.state}/keys.db?mode=ro", uri=True).execute("select count(*) from recipient_key").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def is_whole(self):
        self.assertEqual(len(self.listed()), self.count())
        database = sqlite3.connect(self.gateway.state / "keys.db")
        self.assertEqual(database.execute("pragma integrity_check").fetchone(), ("ok",))
        orphans = database.execute("select count(*) from recipient_key where fingerprint not in (select fingerprint from key_binding)")
        self.assertEqual(orphans.fetchone(), (0,))
        database.close()

    def test_kill_9_in_an_import_leaves_a_store_that_is_whole(self):
        many, in_the_midst = self.many(), 0
        for wait in (0, 0.01, 0.03, None, None, None):  # seconds after the file is there; None: when the first keys are
            for file in self.gateway.state.glob("keys.db*"):
                file.unlink()
            process = self.import_slowly(many)
            begun = wait is None and self.count or (self.gateway.state / "keys.db").exists
            end = time.monotonic() + 20
            while not begun() and time.monotonic() < end and process.poll() is None:
                time.sleep(0.001)
            time.sleep(wait or 0)
            process.kill()
            process.communicate()
            in_the_midst += 0 < self.count() < self.many_count
            self.is_whole()
        self.assertGreater(in_the_midst, 0, "no kill came between the first transaction and the last")
        self.assertIn(f"{self.many_count} stored", self.keys("import", str(self.gateway.folder / "many.pem")))
        self.assertEqual(self.count(), self.many_count)

    many_count = 450  # more than go into one transaction

    def many(self):
        if not hasattr(Processes, "many_pem"):
            Processes.many_pem = many_certificates(self.files, self.many_count)
        return Processes.many_pem

    def test_two_processes_import_at_the_same_time(self):
        blocks = self.many().split("-----END CERTIFICATE-----\n")[:-1]
        halves = ["".join(block + "-----END CERTIFICATE-----\n" for block in blocks[i::2]) for i in range(2)]
        running = [self.import_slowly(half, f"{i}.pem") for i, half in enumerate(halves)]
        for process in running:
            said = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, said)
        self.assertEqual(self.count(), self.many_count)

    def test_a_database_that_another_holds_is_waited_for_and_then_said(self):
        self.keys("import", str(self.ann))
        holder = sqlite3.connect(self.gateway.state / "keys.db", isolation_level=None)
        holder.execute("begin immediate")
        self.assertEqual(len(self.listed()), 1)
        self.assertIn("locked by another process", self.keys("import", str(self.other_ann), code=5))
        holder.execute("rollback")
        self.keys("import", str(self.other_ann))

    def test_what_root_makes_belongs_to_whom_the_state_folder_belongs(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give files away")
        os.chown(self.gateway.state, 65534, 65534)
        self.keys("list")
        about = (self.gateway.state / "keys.db").stat()
        self.assertEqual((about.st_uid, about.st_mode & 0o777), (65534, 0o600))


class Postgresql(Keys):
    """The same commands, and the store's own suite, on a server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresqlServer()
        cls.addClassCleanup(cls.server.remove)

    def configure(self):
        (self.gateway.folder / "conninfo").write_text(self.server.conninfo + "\n")
        return ""

    def setUp(self):
        super().setUp()
        text = self.gateway.configuration.read_text()
        self.gateway.configuration.write_text(text.replace("\ncontrol  =", '\nkeys = { store = "postgresql:file:conninfo" }\ncontrol  =', 1))

    def test_keys_come_and_go(self):
        self.keys("import", str(self.ann))
        self.assertIn("awaits approval", self.keys("import", str(self.other_ann), "--trust", "found"))
        self.keys("approve", "ann@lab.example")
        self.assertEqual(len(self.listed()), 2)
        self.assertFalse((self.gateway.state / "keys.db").exists())
        self.server.stop()
        try:
            self.assertIn("no session with the database", self.keys("list", code=5))
        finally:
            self.server.start()
        self.assertEqual(len(self.listed()), 2)

    def test_the_suite_of_the_store_passes(self):
        program = REPOSITORY / "build" / "asan" / "tests" / "test_crypto"
        self.assertTrue(program.exists(), "build asan tests/test_crypto first")
        done = subprocess.run([program, "--run_test=key_store"], capture_output=True, text=True, timeout=120,
                              env=os.environ | {"POSTERN_TEST_POSTGRESQL": self.server.conninfo})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("No errors detected", done.stdout + done.stderr)


del Keys  # its subclasses are the tests

if __name__ == "__main__":
    unittest.main()
