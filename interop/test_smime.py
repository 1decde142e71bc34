"""What the gateway's S/MIME code seals, opened and checked by readers that others wrote: octet for octet what was sealed, for every
awkward mail and every form. Where a reader cannot, the test says so too: a cell that becomes possible is noticed. The outcome is the
table of docs/readers.md; `python3 interop/test_smime.py --write` writes it from what the readers did."""
import re
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "outside"), str(ROOT / "interop")]
from awkward_mails import MAILS  # noqa: E402
from cms_lab import Lab, run  # noqa: E402
from cms_readers import READERS, Cannot, Forge, Gpgsm, Job, Nss, OpensslCommand, Pkijs  # noqa: E402
from gateway import build_folder  # noqa: E402

PAGE = ROOT / "docs" / "readers.md"
BEGIN, END = "<!-- S/MIME, by interop/test_smime.py -->", "<!-- end -->"


def encrypted(kind, cipher, *more):
    return kind, lambda people: ["--encrypt", cipher, people[kind].certificate, *more]


def signed(kind, form):
    return kind, lambda people: ["--sign", people[kind].certificate, people[kind].key, form]


FORMS = {
    "encrypted, RSA, AES-256-CBC (the default)": encrypted("rsa", "cbc"),
    "encrypted, RSA, AES-256-GCM": encrypted("rsa", "gcm"),
    "encrypted, RSA by OAEP, AES-256-CBC": encrypted("rsa", "cbc", "--oaep"),
    "encrypted, RSA by OAEP, AES-256-GCM": encrypted("rsa", "gcm", "--oaep"),
    "encrypted, ECDH P-256, AES-256-CBC": encrypted("p256", "cbc"),
    "encrypted, ECDH P-256, AES-256-GCM": encrypted("p256", "gcm"),
    "encrypted, ECDH P-384, AES-256-CBC": encrypted("p384", "cbc"),
    "clear signature, RSA": signed("rsa", "clear"),
    "clear signature, RSA-PSS": signed("pss", "clear"),
    "clear signature, P-256": signed("p256", "clear"),
    "clear signature, P-384": signed("p384", "clear"),
    "opaque signature, RSA": signed("rsa", "opaque"),
    "opaque signature, P-256": signed("p256", "opaque"),
}
TWICE = "clear signature, RSA, then encrypted, RSA, AES-256-CBC"

# (reader, the form's name or a part of it): what it says, and why, for the page. Every other cell has to be read.
NO_GCM, NO_CURVES = "no AuthEnvelopedData (RFC 5083)", "no key agreement in its CMS"
CANNOT = {
    (Gpgsm, "AES-256-GCM"): ("Buffer too short", NO_GCM),
    (Gpgsm, "OAEP, AES-256-CBC"): ("No secret key", "no RSAES-OAEP"),
    (Gpgsm, "ECDH"): ("No secret key", "its import of a P-256 or P-384 key from PKCS #12 crashes"),
    (Nss, "GCM"): ("SEC_ERROR_UNRECOGNIZED_OID", NO_GCM),
    (Nss, "OAEP, AES-256-CBC"): ("SEC_ERROR_UNSUPPORTED_KEYALG", "no RSAES-OAEP in its CMS"),
    (Nss, "ECDH P-256, AES-256-CBC"): ("SEC_ERROR_BAD_DER", NO_CURVES),
    (Nss, "ECDH P-384, AES-256-CBC"): ("SEC_ERROR_BAD_DER", NO_CURVES),
    (Nss, "RSA-PSS"): ("SEC_ERROR_INVALID_ARGS", "no RSASSA-PSS in its CMS"),
    (Pkijs, "encrypted, RSA, "): ("Unrecognized algorithm name", "Web Crypto has no RSAES-PKCS1-v1_5"),
    (Pkijs, "ECDH"): ("operation-specific reason", "it derives the key with an empty ukm where there is none (RFC 5753 §7.2)"),
    (Forge, "GCM"): ("1.2.840.113549.1.9.16.1.23 is not (yet) supported", NO_GCM),
    (Forge, "OAEP, AES-256-CBC"): ("Unsupported asymmetric cipher", "no RSAES-OAEP in its CMS"),
    (Forge, "ECDH P-256, AES-256-CBC"): ("not an PKCS#7 RecipientInfo", NO_CURVES),
    (Forge, "ECDH P-384, AES-256-CBC"): ("not an PKCS#7 RecipientInfo", NO_CURVES),
    (Forge, "signature, RSA"): ("verification not yet implemented", "it checks no signatures"),
    (Forge, "signature, RSA-PSS"): ("OID is not RSA", "it checks no signatures"),
    (Forge, "signature, P-"): ("OID is not RSA", "it checks no signatures"),
}


def expected(reader, form):
    found = [(part, why) for (one, part), why in CANNOT.items() if one is type(reader) and part in form]
    return max(found, key=lambda pair: len(pair[0]))[1] if found else None


def tool(*words, message):
    done = run(build_folder() / "interop" / "seal_tool", *words, input=message)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return done.stdout


def read_twice(reader, jobs, signer):
    """Opens, and checks the signature inside."""
    opened = reader.read(jobs)
    inside = iter(reader.read([Job(message, signer) for message in opened if not isinstance(message, Cannot)]))
    return [message if isinstance(message, Cannot) else next(inside) for message in opened]


class Table:
    """(form, reader): {mail: what it read, or Cannot}"""

    def __init__(self, lab):
        self.readers, self.cells = [], {}
        self.entities = {name: tool("cut", message=mail) for name, mail in MAILS.items()}
        try:
            for reader in READERS:
                self.readers.append(reader(lab))
            self._fill(lab)
        finally:
            for reader in self.readers:
                reader.stop()

    def _fill(self, lab):
        for form, (kind, words) in FORMS.items():
            self._row(form, lab.people[kind], words(lab.people), lambda reader, jobs: reader.read(jobs))
        rsa = lab.people["rsa"]
        both = [*FORMS["clear signature, RSA"][1](lab.people), "--encrypt", "cbc", rsa.certificate]
        self._row(TWICE, rsa, both, lambda reader, jobs: read_twice(reader, jobs, rsa))

    def _row(self, form, person, words, read):
        jobs = [Job(tool("smime", *words, message=mail), person) for mail in MAILS.values()]
        for reader in self.readers:
            self.cells[form, reader] = dict(zip(MAILS, read(reader, jobs)))


def page(table):
    """The page's part between BEGIN and END."""
    reasons, lines = [], ["| what we send | " + " | ".join(reader.name for reader in table.readers) + " |", "|---" * (len(table.readers) + 1) + "|"]
    for form in [*FORMS, TWICE]:
        cells = []
        for reader in table.readers:
            good = all(read == table.entities[mail] for mail, read in table.cells[form, reader].items())
            why = None if good else expected(reader, form)
            if why and why[1] not in reasons:
                reasons.append(why[1])
            cells.append("reads" if good else f"cannot ({reasons.index(why[1]) + 1})" if why else "FAILS")
        lines.append(f"| {form} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"{number}. {reason}" for number, reason in enumerate(reasons, 1))])


class SmimeReaders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.table = Table(Lab(folder.name))

    def test_each_reader_reads_each_mail_octet_for_octet_or_cannot_as_expected(self):
        for (form, reader), cell in self.table.cells.items():
            for mail, read in cell.items():
                with self.subTest(form=form, reader=reader.name, mail=mail):
                    cannot = expected(reader, form)
                    if cannot and not isinstance(read, Cannot):
                        self.fail(f"{reader.name} reads now what it could not: take it out of CANNOT, and write the page again")
                    if cannot:
                        self.assertIn(cannot[0], read)
                    else:
                        self.assertEqual(read, self.table.entities[mail])

    def test_every_expected_cannot_is_about_a_cell(self):
        for reader, part in CANNOT:
            self.assertTrue(any(part in form for form in [*FORMS, TWICE]), (reader, part))

    def test_a_reader_of_another_mail_is_noticed(self):
        # The comparison itself: what one mail's reader has is none of the others' entities.
        cell = self.table.cells["encrypted, RSA, AES-256-CBC (the default)", self.table.readers[0]]
        self.assertEqual(len(set(cell.values())), len(MAILS))

    def test_the_page_says_what_the_readers_do(self):
        said = re.search(re.escape(BEGIN) + r"\n(.*?)\n" + re.escape(END), PAGE.read_text(), re.S)
        self.assertIsNotNone(said, f"{PAGE} has no part between {BEGIN} and {END}")
        self.assertEqual(said.group(1), page(self.table), "write it again: python3 interop/test_smime.py --write")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        with tempfile.TemporaryDirectory() as scratch:
            now = page(Table(Lab(scratch)))
        text = PAGE.read_text()
        head, _, rest = text.partition(BEGIN)
        PAGE.write_text(head + BEGIN + "\n" + now + "\n" + END + rest.partition(END)[2])
    else:
        unittest.main()
