"""Keys and certificates for mail by the openssl command, and a reader's view of a sealed message.

    lab = Lab(folder)                     # lab.root, lab.people["rsa"].certificate …
    kind, cms, content = unwrap(message)  # ("open", DER, None) or ("check", DER, entity or None), by Python's own eyes
"""
import base64
import re
import subprocess
from pathlib import Path

from certs import openssl

KEYS = {
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha256",
            "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256", "-pkeyopt", "rsa_pss_keygen_saltlen:32"],
}
PASSWORD = "lab"


class Person:
    """One who has a key of this kind: PEM, DER and PKCS #12, beside each other."""

    def __init__(self, folder, kind):
        self.kind = kind
        self.certificate, self.key = folder / f"{kind}.pem", folder / f"{kind}.key"
        self.certificate_der, self.key_der, self.p12 = folder / f"{kind}.der", folder / f"{kind}.key.der", folder / f"{kind}.p12"


class Lab:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.root = self.folder / "root.pem"
        self.root_der = self.folder / "root.der"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Readers' root", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", "root.key", "-out", "root.pem", folder=self.folder)
        openssl("x509", "-in", "root.pem", "-outform", "DER", "-out", "root.der", folder=self.folder)
        self.people = {kind: self._person(kind) for kind in KEYS}

    def _person(self, kind):
        person = Person(self.folder, kind)
        usage = {"rsa": "digitalSignature,keyEncipherment", "pss": "digitalSignature"}.get(kind, "digitalSignature,keyAgreement")
        (self.folder / "ext").write_text(f"basicConstraints=CA:FALSE\nkeyUsage=critical,{usage}\nextendedKeyUsage=emailProtection\n"
                                         f"subjectAltName=email:{kind}@lab.example\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        openssl("genpkey", *KEYS[kind], "-out", person.key.name, folder=self.folder)
        openssl("req", "-new", "-key", person.key.name, "-subj", f"/CN={kind}", "-out", "csr", folder=self.folder)
        openssl("x509", "-req", "-in", "csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "30", "-sha256",
                "-extfile", "ext", "-out", person.certificate.name, folder=self.folder)
        openssl("x509", "-in", person.certificate.name, "-outform", "DER", "-out", person.certificate_der.name, folder=self.folder)
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", person.key.name, "-outform", "DER", "-out", person.key_der.name, folder=self.folder)
        # 3DES and SHA-1, which gpgsm 2.2 reads; the file lives as long as the test.
        openssl("pkcs12", "-export", "-inkey", person.key.name, "-in", person.certificate.name, "-certfile", "root.pem", "-name", kind,
                "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-passout", f"pass:{PASSWORD}",
                "-out", person.p12.name, folder=self.folder)
        return person


def split(entity):
    head, _, body = entity.partition(b"\r\n\r\n")
    return re.sub(rb"\r\n[ \t]", b" ", head), body


def unwrap(message):
    head, body = split(message)
    if b"multipart/signed" not in head:
        return ("check" if b"smime-type=signed-data" in head else "open"), base64.b64decode(body), None
    line = b"--" + re.search(rb'boundary="([^"]+)"', head).group(1)
    _, first, second, end = (b"\r\n" + body).split(b"\r\n" + line)  # each boundary once, or this is no such message
    assert first.startswith(b"\r\n") and end == b"--\r\n", "not a multipart/signed of two parts"
    return "check", base64.b64decode(split(second[2:])[1]), first[2:]


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=120, **options)
