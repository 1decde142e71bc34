"""Independent readers of OpenPGP, each with one question: what do you make of this message?

    reader.open(message, secret_key, certificate) → Read(data, signed_by) or an exception that says why not

Keys are files. `signed_by` is the fingerprint of the primary key that the reader says a good signature is from, in lower case, or None.
"""
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple, Optional

from unpack import cannot_be_had, npm_install

OPENPGPJS = "6.3.2"


class Read(NamedTuple):
    data: bytes
    signed_by: Optional[str]


class CannotRead(Exception):
    pass


def run(command, stdin=b"", **more):
    try:
        return subprocess.run([str(word) for word in command], input=stdin, capture_output=True, timeout=120, **more)
    except FileNotFoundError:
        cannot_be_had(str(command[0]), "it is not installed")


def must(command, stdin=b"", **more):
    done = run(command, stdin, **more)
    if done.returncode != 0:
        raise CannotRead(f"{command[0]} ends with {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-500:]}")
    return done


class Gpg:
    name = "gpg"
    homes = {}

    def version(self):
        return must(["gpg", "--version"]).stdout.split(b"\n")[0].split()[-1].decode()

    def home(self, secret_key, certificate):
        """One for each pair, kept: an agent takes a while to start."""
        if (secret_key, certificate) not in self.homes:
            folder = Path(tempfile.mkdtemp(prefix="gpg-", dir="/dev/shm"))
            for key in (secret_key, certificate):
                must(["gpg", "--homedir", folder, "--batch", "--quiet", "--import", key])
            self.homes[secret_key, certificate] = folder
        return self.homes[secret_key, certificate]

    def open(self, message, secret_key, certificate):
        home = self.home(secret_key, certificate)
        done = must(["gpg", "--homedir", home, "--batch", "--quiet", "--status-fd", "2", "--trust-model", "always", "--decrypt"], message)
        if b"GOODMDC" not in done.stderr:
            raise CannotRead("no MDC")
        valid = re.search(rb"VALIDSIG .* ([0-9A-F]{40})\n", done.stderr)
        return Read(done.stdout, valid and valid[1].decode().lower())

    def close(self):
        for folder in self.homes.values():
            subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], capture_output=True)
            subprocess.run(["rm", "-rf", folder])
        self.homes.clear()


class Rnp:
    name = "rnp"

    def version(self):
        return must(["rnp", "--version"]).stdout.split(b"\n")[0].split()[-1].decode()

    def open(self, message, secret_key, certificate):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            for key in (secret_key, certificate):
                must(["rnpkeys", "--homedir", folder, "--import", key])
            (Path(folder) / "message").write_bytes(message)
            done = must(["rnp", "--homedir", folder, "--password", "", "--decrypt", Path(folder) / "message", "--output", Path(folder) / "out"])
            listed = must(["rnpkeys", "--homedir", folder, "--list-keys"]).stdout.decode()
            said = done.stdout + done.stderr
            data = (Path(folder) / "out").read_bytes()
        good = re.search(rb"Good signature made .*?\nusing \S+ key ([0-9a-f]{16})", said, re.S)
        return Read(data, good and primary_of(listed, good[1].decode()))


def primary_of(listed, key_id):
    """rnpkeys lists each primary key with its subkeys below it, fingerprints on lines of their own."""
    primary = None
    for line in listed.splitlines():
        if line.startswith("pub"):
            primary = "next"
        fingerprint = re.fullmatch(r"\s+([0-9a-f]{40})", line.split(" [")[0])
        if fingerprint:
            primary = fingerprint[1] if primary == "next" else primary
            if fingerprint[1].endswith(key_id):
                return primary
    return None


class Sop:
    """The Stateless OpenPGP command line (draft-dkg-openpgp-stateless-cli)."""

    def __init__(self, name, verify_out="--verify-out"):
        self.name, self.verify_out = name, verify_out

    def version(self):
        return must([self.name, "version"]).stdout.split(b"\n")[0].split()[-1].decode()

    def open(self, message, secret_key, certificate):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            out = Path(folder) / "verified"
            done = must([self.name, "decrypt", f"{self.verify_out}={out}", f"--verify-with={certificate}", "--", secret_key]
                        if self.name == "sqop" else
                        [self.name, "decrypt", f"{self.verify_out}={out}", f"--verify-with={certificate}", secret_key], message)
            said = out.read_text() if out.exists() else ""
        words = said.split()
        return Read(done.stdout, words[2].lower() if len(words) > 2 else None)


class OpenPgpJs:
    """One node process for all: it takes requests as lines of JSON."""
    name = "openpgp.js"
    node = None

    def version(self):
        return OPENPGPJS

    def open(self, message, secret_key, certificate):
        if self.node is None:
            modules = npm_install("openpgp", OPENPGPJS) / "node_modules"
            self.node = subprocess.Popen(["node", Path(__file__).with_name("openpgp_reader.cjs"), modules / "openpgp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        request = {"message": message.decode("ascii"), "key": Path(secret_key).read_bytes().hex(), "certificate": Path(certificate).read_bytes().hex()}
        self.node.stdin.write(json.dumps(request).encode() + b"\n")
        self.node.stdin.flush()
        answer = json.loads(self.node.stdout.readline())
        if "error" in answer:
            raise CannotRead(answer["error"])
        return Read(bytes.fromhex(answer["data"]), answer["signed_by"])

    def close(self):
        if self.node is not None:
            self.node.stdin.close()
            self.node.wait(timeout=20)
            self.node.stdout.close()
            self.node = None


READERS = [Gpg(), Rnp(), Sop("sqop", "--verifications-out"), Sop("gosop"), Sop("pgpainless-cli"), OpenPgpJs()]


def close():
    for reader in READERS:
        getattr(reader, "close", lambda: None)()
