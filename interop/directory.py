"""slapd with people and their keys: Debian's, not installed (unpack.py), a process of its own. And directories that are none.

    with Directory(folder, authority, [Entry("bob@smime.example", certificate=der)]) as directory:
        directory.urls["StartTLS"], directory.urls["TLS"], directory.base, directory.login, directory.password
    BadDirectory("silent").port      # silent | drips | unreachable
"""
import base64
import dataclasses
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

from accepting import Accepting
from gateway import wait_until
from ports import free_port
from unpack import unpack

ADDRESS, NAME = "127.0.9.5", "directory.example"  # where no stranger's data may lead
# pgpKey is of no schema that Debian ships.
SCHEMA = """\
attributetype ( 1.3.6.1.4.1.3401.8.2.11 NAME 'pgpKey' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.99999.1 NAME 'keyHolder' SUP top AUXILIARY MAY pgpKey )
"""


@dataclasses.dataclass
class Entry:
    address: str
    certificate: bytes = b""     # DER
    signed_data: bytes = b""     # PKCS #7
    openpgp: str = ""            # armoured


class Directory:
    base, login, password = "dc=example", "cn=postern,dc=example", "a secret (word)"

    def __init__(self, folder, authority, entries):
        self.folder = Path(folder)
        (self.folder / "data").mkdir(parents=True)
        folders = unpack("slapd")
        self.package = folders[0]
        libraries = [str(libs) for one in folders for libs in (one / "usr/lib/x86_64-linux-gnu", one / "lib/x86_64-linux-gnu") if libs.is_dir()]
        self.environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(dict.fromkeys(libraries))}
        self.ports = {"StartTLS": free_port(), "TLS": free_port()}
        self.urls = {"StartTLS": f"ldap://{NAME}:{self.ports['StartTLS']}", "TLS": f"ldaps://{NAME}:{self.ports['TLS']}"}
        self._configure(authority.server("directory", names=[NAME]))
        self._load(entries)
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen([self.package / "usr/sbin/slapd", "-d", "256", "-f", self.configuration, "-h",
                                         f"ldap://{ADDRESS}:{self.ports['StartTLS']} ldaps://{ADDRESS}:{self.ports['TLS']}"],
                                        env=self.environment, stderr=self.log)
        if not wait_until(lambda: all(map(self._listens, self.ports.values()))):
            self.close()
            raise TimeoutError("slapd does not answer")

    def _configure(self, pair):
        (self.folder / "keys.schema").write_text(SCHEMA)
        schemas = "".join(f"include {self.package}/etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
        self.configuration = self.folder / "slapd.conf"
        self.configuration.write_text(f"""{schemas}\
include {self.folder}/keys.schema
pidfile {self.folder}/pid
modulepath {self.package}/usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {pair[0]}
TLSCertificateKeyFile {pair[1]}
security tls=1
require authc
database mdb
suffix "{self.base}"
rootdn "{self.login}"
rootpw "{self.password}"
directory {self.folder}/data
""")

    def _load(self, entries):
        texts = [f"dn: {self.base}\nobjectClass: domain\ndc: example\n"]
        for number, one in enumerate(entries):
            text = (f"dn: cn=person {number},{self.base}\nobjectClass: inetOrgPerson\nobjectClass: keyHolder\n"
                    f"cn: person {number}\nsn: {number}\nmail: {one.address}\n")
            for attribute, octets in (("userCertificate;binary", one.certificate), ("userSMIMECertificate", one.signed_data),
                                      ("pgpKey", one.openpgp.encode())):
                text += f"{attribute}:: {base64.b64encode(octets).decode()}\n" if octets else ""
            texts.append(text)
        # The first referral of a search for anybody leads elsewhere; nobody follows it.
        texts.append(f"dn: ou=elsewhere,{self.base}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\n"
                     f"ref: ldap://{ADDRESS}:9/dc=elsewhere\n")
        done = subprocess.run([self.package / "usr/sbin/slapd", "-Tadd", "-f", self.configuration], input="\n".join(texts), text=True,
                              capture_output=True, env=self.environment)
        if done.returncode != 0:
            raise RuntimeError("slapadd: " + done.stderr)

    def said(self):
        return (self.folder / "log").read_text("utf-8", "replace")

    def falls_silent(self):
        """Its kernel goes on taking connections."""
        self.process.send_signal(signal.SIGSTOP)

    def goes_on(self):
        self.process.send_signal(signal.SIGCONT)

    @staticmethod
    def _listens(port):
        try:
            socket.create_connection((ADDRESS, port), 5).close()
            return True
        except OSError:
            return False

    def close(self):
        self.goes_on()
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class BadDirectory:
    """`drips`: what could become a yes to StartTLS, or a TLS record, an octet every half second."""
    YES = bytes.fromhex("3084000000ff02010178840000 00f80a01000400 0400".replace(" ", "")) + bytes(1000)
    RECORD = bytes.fromhex("1603030fff") + bytes(1000)

    def __init__(self, how, starts_with_tls=True):
        self.how, self.octets = how, self.RECORD if starts_with_tls else self.YES
        self.connections = 0
        self._ended = threading.Event()
        self._held = []
        listening = socket.create_server((ADDRESS, 0), backlog=0)
        self.port = listening.getsockname()[1]
        if how == "unreachable":  # nobody takes connections: once its queue is full, who knocks hears nothing
            self._listening = listening
            for _ in range(4):
                knocking = socket.socket()
                knocking.setblocking(False)
                knocking.connect_ex((ADDRESS, self.port))
                self._held.append(knocking)
        else:
            self._accepting = Accepting(listening, self._serve)

    def _serve(self, connection):
        self.connections += 1
        try:
            if self.how == "silent":
                self._ended.wait(60)
            for at in range(len(self.octets)):
                connection.sendall(self.octets[at:at + 1])
                if self._ended.wait(0.5):
                    break
        except OSError:
            pass  # who asked has left
        connection.close()

    def close(self):
        self._ended.set()
        for one in self._held:
            one.close()
        (self._listening if self.how == "unreachable" else self._accepting).close()
