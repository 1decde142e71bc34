"""People with keys: S/MIME certificates by openssl, OpenPGP keys by gpg, and what each of them reads of a sealed message.

    bob = SmimePerson(folder, "bob@lab.example")          # `ends_in`: seconds of validity, self-signed; bob.certificate, bob.key; bob.opens(message) is the entity
    ann = PgpPerson(folder, "ann@lab.example")            # ann.public, ann.secret; ann.opens(message)
"""
import datetime
import os
import subprocess
from pathlib import Path


def run(*command, data=None, env=None):
    done = subprocess.run([str(part) for part in command], input=data, capture_output=True, env=env, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} {command[1]}: " + done.stderr.decode(errors="replace").strip())
    return done.stdout


class MailAuthority:
    """Issues certificates for mail."""

    def __init__(self, folder, name="mail-ca"):
        self.folder, self.certificate, self.key = Path(folder), Path(folder) / f"{name}.pem", Path(folder) / f"{name}.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
            "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self.key, "-out", self.certificate)


class SmimePerson:
    def __init__(self, folder, address, authority=None, days=30, algorithm=("rsa:2048",), ends_in=None, more=()):
        """`more`: further extensions, as openssl.cnf writes them."""
        self.address, name = address, address.replace("@", "-at-") + f"-{os.urandom(3).hex()}"
        self.certificate, self.key = Path(folder) / f"{name}.pem", Path(folder) / f"{name}.key"
        extensions = ["-addext", f"subjectAltName=email:{address}", "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
                      "keyUsage=critical,digitalSignature,keyEncipherment", "-addext", "extendedKeyUsage=emailProtection"]
        for extension in more:
            extensions += ["-addext", extension]
        signer = ["-CA", authority.certificate, "-CAkey", authority.key] if authority else []
        run("openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", str(days), "-subj", f"/CN={name}", *signer,
            *extensions, "-keyout", self.key, "-out", self.certificate)

        if ends_in:
            self._ends_in(ends_in)

    def _ends_in(self, seconds):
        """`openssl req` knows days only."""
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        folder, request = self.key.with_suffix(".ca"), self.key.with_suffix(".csr")
        folder.mkdir()
        (folder / "index").touch()
        (folder / "conf").write_text(f"""[ca]\ndefault_ca = own\n[own]\ndatabase = {folder}/index\nnew_certs_dir = {folder}
default_md = sha256\npolicy = any\nrand_serial = yes\nx509_extensions = mail\n[any]\ncommonName = supplied\n[mail]
subjectAltName = email:{self.address}\nbasicConstraints = critical,CA:FALSE\nextendedKeyUsage = emailProtection
keyUsage = critical,digitalSignature,keyEncipherment\n""")
        run("openssl", "req", "-new", "-key", self.key, "-subj", "/CN=ends soon", "-out", request)
        run("openssl", "ca", "-batch", "-selfsign", "-config", folder / "conf", "-keyfile", self.key, "-in", request, "-notext", "-out",
            self.certificate, "-startdate", "20260101000000Z", "-enddate", f"{end:%Y%m%d%H%M%SZ}")

    def opens(self, message):
        """What was encrypted, octet for octet."""
        return run("openssl", "cms", "-decrypt", "-inform", "SMIME", "-inkey", self.key, "-recip", self.certificate, "-binary",
                   data=message)

    @staticmethod
    def verifies(entity, authority, sender):
        """The signed content, where the signature is by a certificate for `sender` under that authority. Without -binary:
        with it openssl reads lines of a multipart as they are on a disk."""
        certificate = Path(authority.folder) / "signer-seen.pem"
        content = run("openssl", "cms", "-verify", "-inform", "SMIME", "-CAfile", authority.certificate, "-purpose", "smimesign",
                      "-signer", certificate, data=entity)
        text = run("openssl", "x509", "-in", certificate, "-noout", "-email").decode()
        assert sender in text.split(), text
        return content


class PgpPerson:
    """With a GnuPG home of her own."""

    def __init__(self, folder, address, algorithm="future-default", expires="30d"):
        self.address, self.home = address, Path(folder) / ("gnupg-" + os.urandom(3).hex())
        self.home.mkdir(mode=0o700)
        self._gpg("--passphrase", "", "--quick-generate-key", address, algorithm, "default", expires)
        listed = self._gpg("--with-colons", "--list-keys", address).decode().splitlines()
        self.fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr")).lower()
        if not any(line.startswith("sub") for line in listed):
            self._gpg("--passphrase", "", "--quick-add-key", self.fingerprint, algorithm, "encr", expires)
        self.public, self.secret = self.home / "public.pgp", self.home / "secret.pgp"
        self.public.write_bytes(self._gpg("--export", address))
        self.secret.write_bytes(self._gpg("--export-secret-keys", address))

    def _gpg(self, *arguments, data=None):
        return run("gpg", "--homedir", self.home, "--batch", "--yes", "--pinentry-mode", "loopback", *arguments, data=data)

    def knows(self, other):
        self._gpg("--import", data=other.public.read_bytes())

    def opens(self, armour):
        """What was encrypted, and the fingerprints of keys whose signatures hold."""
        status = self.home / "status"
        plain = self._gpg("--trust-model", "always", "--status-file", str(status), "--decrypt", data=armour)
        good = [line.split()[2].lower() for line in status.read_text().splitlines() if line.startswith("[GNUPG:] VALIDSIG")]
        return plain, good

    def close(self):
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], capture_output=True)
