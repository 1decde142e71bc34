"""What protected mail does with the certificates that mail servers really show: each row is a server, and the route that results.

A route is `delivered`, over TLS that was verified, or `held`, because no server of the domain can prove who it is. Ordinary mail to the
same servers leaves in TLS all the same, for anything is better than the clear.
"""
import dataclasses
import unittest

from certs import Authority, openssl
from gateway import wait_until
from scene import ANN, letter
from sender import queue_id
from stage import temporary_stage


@dataclasses.dataclass
class Row:
    route: str
    says: str = ""             # in the reason
    names: tuple = ()          # subjectAltName, with {host} and {domain}
    key: str = "P-256"         # or RSA bits
    signed_by: str = "root"    # root | stranger | itself | intermediate | constrained
    sends: str = "chain"       # chain | leaf
    digest: str = "sha256"
    dates: tuple = ()          # first and last day
    usage: str = "serverAuth"
    subject: str = "/CN={host}"
    domain: str = ""           # if not its own name


HOST = ("DNS:{host}",)
ZOO = {
    "good": Row("delivered", names=HOST),
    "rsa": Row("delivered", names=HOST, key="2048"),
    "no-subject": Row("delivered", names=HOST, subject="/"),
    "one-of-many": Row("delivered", names=("DNS:www.{domain}", "DNS:other.example", "DNS:{host}")),
    "wildcard": Row("delivered", names=("DNS:*.{domain}",)),
    "chain": Row("delivered", names=HOST, signed_by="intermediate"),
    "unicode": Row("delivered", names=HOST, domain="xn--bcher-kva.example"),
    "capitals": Row("delivered", names=("DNS:MX.Capitals.EXAMPLE",)),
    "expired": Row("held", "expired", names=HOST, dates=("240101000000Z", "250101000000Z")),
    "not-yet": Row("held", "not yet valid", names=HOST, dates=("340101000000Z", "350101000000Z")),
    "self-signed": Row("held", "self-signed", names=HOST, signed_by="itself"),
    "stranger": Row("held", "not trusted", names=HOST, signed_by="stranger"),
    "no-intermediate": Row("held", "first certificate", names=HOST, signed_by="intermediate", sends="leaf"),
    "constrained": Row("held", "permitted subtree", names=HOST, signed_by="constrained"),
    "other-name": Row("held", "is not for", names=("DNS:mx.elsewhere.example",)),
    "domain-only": Row("held", "is not for", names=("DNS:{domain}",)),
    "wildcard-too-high": Row("held", "is not for", names=("DNS:*.example",)),
    "wildcard-in-part": Row("held", "is not for", names=("DNS:m*.{domain}",)),
    "wildcard-twice": Row("held", "is not for", names=("DNS:*.*.example",)),
    "wildcard-alone": Row("held", "is not for", names=("DNS:*",)),
    "common-name-only": Row("held", "is not for", names=("email:postmaster@{domain}",)),
    "address-only": Row("held", "is not for", names=("IP:127.0.0.1",)),
    "address-as-name": Row("held", "is not for", names=("DNS:127.0.0.1",)),
    "final-dot": Row("held", "is not for", names=("DNS:{host}.",)),
    "client-only": Row("held", "purpose", names=HOST, usage="clientAuth"),
    "rsa-1024": Row("held", "too weak", names=HOST, key="1024"),
    "sha1": Row("held", "too weak", names=HOST, digest="sha1"),
}


class Maker:
    """Certificates of every kind, by the openssl command."""

    def __init__(self, authority):
        self.root, self.folder = authority, authority.folder
        self.stranger = Authority(self.folder / "stranger", "stranger")
        self.below = {"intermediate": self._authority("intermediate", ""),
                      "constrained": self._authority("constrained", "nameConstraints=critical,permitted;DNS:elsewhere.example\n")}

    def _key(self, kind, file):
        of = ("EC", "-pkeyopt", "ec_paramgen_curve:P-256") if kind == "P-256" else ("RSA", "-pkeyopt", f"rsa_keygen_bits:{kind}")
        openssl("genpkey", "-algorithm", *of, "-out", file, folder=self.folder)
        return self.folder / file

    def _authority(self, name, extensions):
        key = self._key("P-256", f"authority-{name}.key")
        pem = self._sign(f"authority-{name}", key, f"/CN={name}", f"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n{extensions}", self.root)
        return pem, key

    def _sign(self, name, key, subject, extensions, by, digest="sha256", dates=()):
        """By `openssl ca`, which takes any dates. `by`: an Authority, a pair of files, or None for itself."""
        request = self.folder / f"{name}.csr"
        openssl("req", "-new", "-key", str(key), "-subj", subject, "-out", str(request), folder=self.folder)
        work = self.folder / f"ca-{name}"
        work.mkdir()
        (work / "index.txt").write_text("")
        (work / "extensions").write_text(extensions)
        (work / "ca.cnf").write_text(f"[ca]\ndefault_ca=zoo\n[zoo]\ndatabase={work}/index.txt\nnew_certs_dir={work}\npolicy=any\n"
                                     f"rand_serial=yes\nunique_subject=no\nemail_in_dn=no\n[any]\ncommonName=optional\n")
        if isinstance(by, Authority):
            by = (by.certificate, by.folder / f"{by.name}.key")
        signer = ("-selfsign", "-keyfile", str(key)) if by is None else ("-cert", str(by[0]), "-keyfile", str(by[1]))
        span = ("-startdate", dates[0], "-enddate", dates[1]) if dates else ("-days", "30")
        openssl("ca", "-batch", "-notext", "-config", str(work / "ca.cnf"), *signer, "-md", digest, *span, "-extfile",
                str(work / "extensions"), "-in", str(request), "-out", f"{name}.pem", folder=self.folder)
        return self.folder / f"{name}.pem"

    def make(self, name, row, host, domain):
        key = self._key(row.key, f"{name}.key")
        extensions = f"extendedKeyUsage={row.usage}\nsubjectAltName=" + ",".join(row.names).format(host=host, domain=domain) + "\n"
        by = {"root": self.root, "stranger": self.stranger, "itself": None}.get(row.signed_by) if row.signed_by not in self.below \
            else self.below[row.signed_by]
        pem = self._sign(name, key, row.subject.format(host=host), extensions, by, row.digest, row.dates)
        if row.signed_by in self.below and row.sends == "chain":
            pem.write_text(pem.read_text() + self.below[row.signed_by][0].read_text())
        return pem, key


class CertificateZoo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        maker = Maker(cls.stage.authority)
        cls.domains = {name: row.domain or f"{name}.example" for name, row in ZOO.items()}
        for name, row in ZOO.items():
            domain = cls.domains[name]
            cls.stage.open(domain, certificate=maker.make(name, row, f"mx.{domain}", domain))
        cls.gateway = cls.stage.gateway()
        cls.addClassCleanup(cls.gateway.stop)
        cls.protected, cls.ordinary = cls.send(b"[secure] Results"), cls.send(b"Lunch")

    @classmethod
    def send(cls, subject):
        with cls.gateway.sender() as exchange:
            return {name: queue_id(exchange.send(ANN, [f"bob@{domain}"], letter(subject=subject))[-1])
                    for name, domain in cls.domains.items()}

    def of_kind(self, name, subject):
        return [message for message in self.stage.sinks[self.domains[name]].messages if subject in message.body]

    def test_protected_mail_takes_the_route_of_the_table(self):
        for name, row in ZOO.items():
            with self.subTest(name):
                event = self.gateway.wait_for(queue_id=self.protected[name], event=row.route, timeout=60)
                self.assertTrue(event, self.gateway.events(queue_id=self.protected[name]))
                self.assertEqual(len(self.of_kind(name, b"[secure]")), int(row.route == "delivered"))
                self.assertEqual(self.stage.sinks[self.domains[name]].mail_in_clear, [])

    def test_the_reason_is_told(self):
        for name, row in ZOO.items():
            if row.says:
                with self.subTest(name):
                    events = self.gateway.wait_for(queue_id=self.protected[name], event="deferred", timeout=60)
                    self.assertIn(row.says, events[0]["reason"])

    def test_ordinary_mail_leaves_in_tls_whoever_answers(self):
        for name in ZOO:
            with self.subTest(name):
                self.assertTrue(wait_until(lambda: self.of_kind(name, b"Lunch"), 30))
                self.assertTrue(self.of_kind(name, b"Lunch")[0].tls)


if __name__ == "__main__":
    unittest.main()
