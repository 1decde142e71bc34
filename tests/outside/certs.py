"""Throw-away certificates (EC P-256), made by the openssl command.

    ca = Authority(folder)                      # folder/ca.pem, folder/ca.key
    cert, key = ca.server("mx1.lab.example")    # paths of PEM files
    cert, key = ca.server("mx2.lab.example", names=["another.example"])    # valid, for another name
    cert, key = ca.server("mx3.lab.example", expired=True)
    cert, key = ca.client("mail.clinic.example")
"""
import os
import subprocess
from pathlib import Path


def openssl(*arguments, folder):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError("openssl " + " ".join(arguments) + ": " + done.stderr.strip())


class Authority:
    """One certificate authority in a folder of its own; nobody else trusts it."""

    def __init__(self, folder, name="ca"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.certificate = self.folder / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", f"/CN=Throw-away authority {os.getpid()} {name}", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", f"{name}.key", "-out", f"{name}.pem", folder=self.folder)

    def server(self, label, names=None, expired=False):
        return self._issue(label, names or [label], "serverAuth", expired)

    def client(self, label, names=None):
        return self._issue("client-" + label, names or [label], "clientAuth", False)

    def _issue(self, label, names, usage, expired):
        request, extensions = f"{label}.csr", f"{label}.ext"
        (self.folder / extensions).write_text(
            "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
            f"extendedKeyUsage={usage}\nsubjectAltName=" + ",".join("DNS:" + name for name in names) + "\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={names[0]}",
                "-keyout", f"{label}.key", "-out", request, folder=self.folder)
        # A validity that ended yesterday: `openssl x509` counts days from now, and takes negative ones.
        openssl("x509", "-req", "-in", request, "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key", "-CAcreateserial",
                "-days", "-1" if expired else "30", "-extfile", extensions, "-out", f"{label}.pem", folder=self.folder)
        return self.folder / f"{label}.pem", self.folder / f"{label}.key"
