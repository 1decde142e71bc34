"""Independent readers of S/MIME. Each answers a list of jobs, in order, with the bytes that it read or why it could not.

    for answer in Gpgsm(lab).read([Job(message, lab.people["rsa"])]): …      # bytes, or Cannot("…")
"""
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from cms_lab import PASSWORD, Person, run, unwrap
from unpack import cannot_be_had, npm_install

SCRIPTS = Path(__file__).with_name("cms_scripts")


@dataclass
class Job:
    message: bytes
    person: Person  # the recipient, or the signer


class Cannot(str):
    """Why a reader could not."""


def last_line(done):
    said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    return Cannot(said[-1] if said else f"exit code {done.returncode}")


class Reader:
    """One that reads a CMS object at a time, in a folder of its own."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / type(self).__name__
        self.folder.mkdir()
        self.start()

    def start(self):
        pass

    def stop(self):
        pass

    def read(self, jobs):
        return [self.read_one(job) for job in jobs]

    def read_one(self, job):
        what, cms, content = unwrap(job.message)
        (self.folder / "cms").write_bytes(cms)
        (self.folder / "content").write_bytes(content or b"")
        (self.folder / "out").unlink(missing_ok=True)
        done = self.open(job.person) if what == "open" else self.check(content is not None)
        if done.returncode != 0:
            return last_line(done)
        return content if content is not None else (self.folder / "out").read_bytes()


class OpensslCommand(Reader):
    """Reads the whole message, MIME and all."""
    name = "openssl cms 3.0"

    def read_one(self, job):
        what, *_ = unwrap(job.message)
        message, out = self.folder / "message", self.folder / "out"
        message.write_bytes(job.message)
        # Without -binary `-verify` takes each line end for CRLF, as mail has them; with it `-decrypt` changes none.
        how = ["-decrypt", "-binary", "-recip", job.person.certificate, "-inkey", job.person.key] if what == "open" else ["-verify", "-CAfile", self.lab.root]
        done = run("openssl", "cms", *how, "-in", message, "-out", out)
        return out.read_bytes() if done.returncode == 0 else last_line(done)


class Gpgsm(Reader):
    name = "gpgsm 2.2"

    def start(self):
        if not shutil.which("gpgsm"):
            cannot_be_had("gpgsm", "there is none")
        self.home = self.folder / "home"
        self.home.mkdir(mode=0o700)
        (self.home / "gpgsm.conf").write_text("disable-crl-checks\ndisable-dirmngr\n")
        (self.home / "gpg-agent.conf").write_text("s2k-count 65536\n")  # a password of a minute's life
        fingerprint = run("openssl", "x509", "-in", self.lab.root, "-noout", "-fingerprint", "-sha1").stdout.decode().strip().partition("=")[2]
        (self.home / "trustlist.txt").write_text(fingerprint + " S relax\n")
        self.gpgsm("--import", self.lab.root)
        self.imported = {kind: self.gpgsm("--pinentry-mode", "loopback", "--passphrase-fd", "0", "--import", person.p12, input=(PASSWORD + "\n").encode())
                         for kind, person in self.lab.people.items()}

    def stop(self):
        run("gpgconf", "--homedir", self.home, "--kill", "all")

    def gpgsm(self, *words, **options):
        return run("gpgsm", "--homedir", self.home, "--batch", "--yes", *words, **options)

    def open(self, person):
        return self.gpgsm("--pinentry-mode", "loopback", "--passphrase-fd", "0", "--output", self.folder / "out", "--decrypt", self.folder / "cms",
                          input=(PASSWORD + "\n").encode())

    def check(self, detached):
        return self.gpgsm("--output", self.folder / "out", "--verify", self.folder / "cms", *([self.folder / "content"] if detached else []))


class Nss(Reader):
    name = "NSS cmsutil"

    def start(self):
        if not shutil.which("cmsutil"):
            cannot_be_had("libnss3-tools", "there is none")
        self.database = self.folder / "db"
        self.database.mkdir()
        run("certutil", "-N", "-d", self.database, "--empty-password")
        run("certutil", "-A", "-d", self.database, "-n", "root", "-t", "TC,TC,TC", "-i", self.lab.root)
        for person in self.lab.people.values():
            run("pk12util", "-i", person.p12, "-d", self.database, "-W", PASSWORD)

    def open(self, person):
        return run("cmsutil", "-D", "-d", self.database, "-i", self.folder / "cms", "-o", self.folder / "out")

    def check(self, detached):
        return run("cmsutil", "-D", "-d", self.database, "-i", self.folder / "cms", "-o", self.folder / "out",
                   *(["-c", self.folder / "content"] if detached else []))


class NodeReader(Reader):
    """A script that reads all jobs in one process of Node.js."""

    def start(self):
        self.modules = npm_install(self.package, self.version) / "node_modules"
        self.node = shutil.which("node") or cannot_be_had(self.package, "there is no Node.js")

    def read(self, jobs):
        descriptions = []
        for number, job in enumerate(jobs):
            what, cms, content = unwrap(job.message)
            at = self.folder / str(number)
            at.with_suffix(".cms").write_bytes(cms)
            if content is not None:
                at.with_suffix(".content").write_bytes(content)
            descriptions.append({"what": what, "cms": f"{at}.cms", "content": f"{at}.content" if content is not None else None, "out": f"{at}.out",
                                 "certificate": str(job.person.certificate_der), "key": str(job.person.key_der), "root": str(self.lab.root_der)})
        (self.folder / "jobs.json").write_text(json.dumps(descriptions))
        done = run(self.node, SCRIPTS / self.script, self.folder / "jobs.json", env={"NODE_PATH": str(self.modules), "PATH": "/usr/bin:/bin"})
        if done.returncode != 0:
            raise RuntimeError(f"{self.script}: {done.stderr.decode()[-2000:]}")
        answers = json.loads(done.stdout)
        return [Cannot(why) if why is not None else Path(job["out"]).read_bytes() for why, job in zip(answers, descriptions)]


class Pkijs(NodeReader):
    name, package, version, script = "pkijs 3.4", "pkijs", "3.4.3", "pkijs_reader.js"


class Forge(NodeReader):
    name, package, version, script = "node-forge 1.4", "node-forge", "1.4.3", "forge_reader.js"


READERS = [OpensslCommand, Gpgsm, Nss, Pkijs, Forge]
