"""Who reads what we seal with OpenPGP: independent readers × messages × keys, by both engines. What a reader gets must be the
entity octet for octet, and it must find the sender's signature good. What one cannot read is listed with the reason, and a change of it
is a failure. docs/readers-openpgp.md is the table:

    python3 interop/test_openpgp.py --write
"""
import concurrent.futures
import email
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "outside"), str(Path(__file__).resolve().parent)]
import openpgp_readers as readers  # noqa: E402
from gateway import build_folder  # noqa: E402
from messages import difference  # noqa: E402
from openpgp_corpus import ENTITIES, OUTER, message  # noqa: E402

PAGE = Path(__file__).resolve().parents[1] / "docs" / "readers-openpgp.md"
ENGINES = ["rnp", "gpgme"]
GPG_KINDS = {"RSA-3072": ("rsa3072", "rsa3072"), "Curve25519": ("ed25519", "cv25519"), "P-256": ("nistp256", "nistp256")}
OWN = {"sqop's own": ["sqop", "generate-key", "--no-armor", "--"], "gosop's own": ["gosop", "generate-key"],
       "pgpainless's own": ["pgpainless-cli", "generate-key", "--no-armor"]}
KEYS = [*GPG_KINDS, *OWN]
SLOW = {"pgpainless-cli": ["nested multiparts", "1 MB"]}  # a Java machine for each message: only these; inside, all are octets

# What a reader makes of all messages: gosop (gopenpgp) takes a message for a text, so what it writes has LF for CRLF, and U+FFFD for octets
# that are not UTF-8. The signature is over the octets as they were, and it finds it good.
AS_TEXT = {"gosop"}


def tool():
    return build_folder() / "interop" / "openpgp_tool"


def make_keys(folder):
    """{kind: (secret key file of the reader, certificate of it, secret key of a sender, its certificate, its fingerprint)}"""
    keys = {}
    for kind in KEYS:
        made = [make_key(folder, kind, who) for who in ("bob@lab.example", "ann@clinic.example")]
        keys[kind] = (made[0][0], made[0][1], made[1][0], made[1][1], made[1][2])
    return keys


def make_key(folder, kind, who):
    secret, certificate = (folder / f"{kind.replace(' ', '-')}-{who}.{end}" for end in ("secret", "public"))
    home = tempfile.mkdtemp(dir=folder)
    gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    try:
        if kind in OWN:
            made = readers.must([*OWN[kind], f"<{who}>"]).stdout
            readers.must([*gpg, "--import"], made)
        else:
            primary, subkey = GPG_KINDS[kind]
            readers.must([*gpg, "--quick-gen-key", who, primary, "cert,sign", "0"])
            fingerprint = re.search(r"fpr:+([0-9A-F]{40})", readers.must([*gpg, "--with-colons", "--list-keys", who]).stdout.decode())[1]
            readers.must([*gpg, "--quick-add-key", fingerprint, subkey, "encr", "0"])
        fingerprint = re.search(r"fpr:+([0-9A-F]{40})", readers.must([*gpg, "--with-colons", "--list-keys"]).stdout.decode())[1]
        secret.write_bytes(readers.must([*gpg, "--export-secret-keys"]).stdout)
        certificate.write_bytes(readers.must([*gpg, "--export"]).stdout)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True)
    return secret, certificate, fingerprint.lower()


def seal(engine, folder, keys, name):
    """(the sealed message, its part in armour)"""
    _, certificate, signer, _, _ = keys
    done = readers.must([tool(), engine, "--folder", folder / "gnupg", "--to", certificate, "--sign", signer], message(name))
    parts = email.message_from_bytes(done.stdout).get_payload()
    return done.stdout, parts[1].get_payload(decode=True)


def as_text(octets):
    text = octets.replace(b"\r\n", b"\n").decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]+", "\ufffd", text).encode()


def ask(reader, armoured, keys, name):
    """A cell: "reads", "as text", or what is wrong."""
    secret, _, _, sender, fingerprint = keys
    try:
        read = reader.open(armoured, secret, sender)
    except readers.CannotRead as why:
        return f"no: {' '.join(str(why).split())}"
    if read.signed_by != fingerprint:
        return f"signature: {read.signed_by}"
    if read.data == ENTITIES[name]:
        return "reads"
    return "as text" if read.data == as_text(ENTITIES[name]) else f"changed: {difference(read.data, ENTITIES[name])}"


def expected(reader, name):
    if name not in SLOW.get(reader, [name]):
        return "–"
    return "as text" if reader in AS_TEXT and ENTITIES[name] != as_text(ENTITIES[name]) else "reads"


def setUpModule():
    global FOLDER, MADE
    FOLDER = Path(tempfile.mkdtemp(prefix="openpgp-", dir="/dev/shm"))
    unittest.addModuleCleanup(subprocess.run, ["rm", "-rf", str(FOLDER)])
    unittest.addModuleCleanup(readers.close)
    MADE = make_keys(FOLDER)


class Table(unittest.TestCase):
    def column(self, reader, cells):
        """{(engine, key, message): cell} of those that this reader is asked."""
        return {cell: ask(reader, self.sealed[cell], MADE[cell[1]], cell[2]) for cell in cells
                if cell[2] in SLOW.get(reader.name, [cell[2]])}

    def fill(self, cells):
        """{reader: {cell: answer}}; the readers side by side."""
        self.sealed = {cell: seal(cell[0], FOLDER, MADE[cell[1]], cell[2])[1] for cell in cells}
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            answers = {reader.name: pool.submit(self.column, reader, cells) for reader in readers.READERS}
        return {name: answer.result() for name, answer in answers.items()}

    def check(self, table):
        for reader, column in table.items():
            self.assertTrue(column, f"{reader} was not asked")
            for cell, answer in column.items():
                with self.subTest(reader=reader, cell=cell):
                    self.assertEqual(answer, expected(reader, cell[2]))

    def test_every_message_comes_out_as_it_went_in(self):
        self.check(self.fill([(engine, "Curve25519", name) for engine in ENGINES for name in ENTITIES]))

    def test_every_kind_of_key(self):
        self.check(self.fill([(engine, key, "nested multiparts") for engine in ENGINES for key in KEYS]))

    def test_the_page_says_what_is_asserted_here(self):
        page = PAGE.read_text()
        self.assertEqual(page, rendered(re.search(r"\| version \|(.*)\|", page)[1].strip().split(" | ")), "python3 interop/test_openpgp.py --write")


class Layout(unittest.TestCase):
    """RFC 3156 §4, as Python's parser sees it."""

    def test_two_parts_and_the_outer_fields(self):
        for engine in ENGINES:
            sealed, _ = seal(engine, FOLDER, MADE["Curve25519"], "8-bit text")
            self.assertTrue(sealed.startswith(OUTER))
            self.assertNotRegex(sealed.replace(b"\r\n", b""), rb"[\r\n\x80-\xff]")
            whole = email.message_from_bytes(sealed)
            self.assertEqual((whole.get_content_type(), whole.get_param("protocol")), ("multipart/encrypted", "application/pgp-encrypted"))
            first, second = whole.get_payload()
            self.assertEqual((first.get_content_type(), first.get_payload().strip()), ("application/pgp-encrypted", "Version: 1"))
            self.assertEqual((second.get_content_type(), second.get_content_disposition(), second.get_filename()),
                             ("application/octet-stream", "inline", "encrypted.asc"))


class Traces(unittest.TestCase):
    """What GnuPG's processes write, as strace sees it: of a message, nothing but through pipes and sockets."""
    MARK = b"the-patient-has-a-name"

    def written(self, command, stdin):
        """Names of files that got the mark, with whatever process wrote it."""
        log = FOLDER / "strace"
        done = readers.run(["strace", "-f", "-y", "-s", "200000", "-e", "trace=write,writev,pwrite64,pwritev,sendfile,copy_file_range", "-o", log, *command], stdin)
        self.assertEqual(done.returncode, 0, done.stderr[-500:])
        lines = [line for line in log.read_bytes().splitlines() if self.MARK in line]
        self.assertTrue(lines, "not even the pipe was seen")
        return {name for name in (re.search(rb"\(\d+<([^>]*)>", line)[1] for line in lines) if not re.match(rb"(pipe|socket):|/dev/null", name)}

    def test_a_message_lies_in_no_file(self):
        _, certificate, signer, _, _ = MADE["Curve25519"]
        text = OUTER + b"Content-Type: text/plain\r\n\r\n" + self.MARK + b"\r\n"
        self.assertEqual(self.written([tool(), "gpgme", "--folder", FOLDER / "gnupg", "--to", certificate, "--sign", signer], text), set())

    def test_and_a_file_would_be_seen(self):
        target = FOLDER / "file"
        self.assertEqual(self.written(["sh", "-c", f"cat | tee {target}"], self.MARK), {str(target).encode()})


def rendered(versions):
    def row(*cells):
        return "| " + " | ".join(cells) + " |"
    names = [reader.name for reader in readers.READERS]
    return "\n".join([
        "# Who reads what is sealed with OpenPGP", "",
        "Written by `python3 interop/test_openpgp.py --write`, whose tests assert each cell for both engines (librnp, and GnuPG through GPGME):", "",
        "* *reads*: the reader gets the entity octet for octet, and finds the sender's signature good.",
        "* *as text*: it finds the signature good, but what it writes has LF for CRLF, and U+FFFD for octets that are not UTF-8. That is gosop (gopenpgp),",
        "  with everybody's messages; for MIME parsers LF does no harm, attachments are in base64.",
        "* *–*: not asked. pgpainless starts a Java machine for each message; inside, all are octets.", "",
        row("message (key Curve25519)", *names), row(*["---"] * (len(names) + 1)), row("version", *versions),
        *[row(name, *[expected(reader, name) for reader in names]) for name in ENTITIES], "",
        row("key of reader and sender", *names), row(*["---"] * (len(names) + 1)),
        *[row(key, *[expected(reader, "nested multiparts") for reader in names]) for key in KEYS], "",
        "Keys that cannot be encrypted to are no matter of readers: `crypto/openpgp_key` refuses them with the reason (version 3 and 6, RSA, DSA and",
        "ElGamal below 2048 bits, the algorithms of RFC 9580).", ""])


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(rendered([reader.version() for reader in readers.READERS]))
    else:
        unittest.main()
