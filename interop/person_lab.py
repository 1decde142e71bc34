"""The lab with people whose keys nobody imported: SMIMEA and OPENPGPKEY records in signed, unsigned and bogus zones, and web key
directories. What GnuPG can publish, it publishes: records by `gpg --export-options export-dane`, directories by `gpg-wks-client`.

    with PersonLab(folder) as lab:
        lab.people["smime"]           # SmimePerson or PgpPerson, whose key is where PEOPLE says
        lab.webs["direct"]            # the web server: .requests
"""
import dataclasses
import hashlib
import os
import re
import subprocess

from lab import Domain, Host, Lab, der  # first: it knows where the others are
from mail_keys import MailAuthority, PgpPerson, SmimePerson
from web_host import WebHost, http

WKS_CLIENT = "/usr/lib/gnupg/gpg-wks-client"


@dataclasses.dataclass
class PersonDomain(Domain):
    """One person, bob, and where his key is."""
    hosts: tuple = (Host((), "none"),)   # what is sealed needs no TLS
    expects: str = "none"                # of lab.py's tests
    source: str = "openpgpkey"           # smimea | openpgpkey | wkd
    record: str = "3 0 0"                # of SMIMEA
    by_authority: bool = False           # his certificate leads to a root that the gateway trusts
    direct: bool = False                 # of WKD: no sub-domain openpgpkey
    drips: bool = False
    found: str = "found"                 # what `postern probe` says: found | none | trouble
    sealed: bool = True


PEOPLE = {
    "smime": PersonDomain(source="smimea"),
    "smime-pkix": PersonDomain(source="smimea", record="1 0 0", by_authority=True),
    "smime-pkix-stranger": PersonDomain(source="smimea", record="1 0 0", sealed=False),
    "smime-hash": PersonDomain(source="smimea", record="3 0 1", found="none", sealed=False),
    "smime-authority": PersonDomain(source="smimea", record="2 0 0", found="none", sealed=False),
    "smime-unsigned": PersonDomain(source="smimea", zone="unsigned", found="none", sealed=False),
    "smime-bogus": PersonDomain(source="smimea", zone="bogus", found="trouble", sealed=False),
    "pgp": PersonDomain(),
    "pgp-unsigned": PersonDomain(zone="unsigned", found="none", sealed=False),
    "pgp-expired": PersonDomain(zone="expired", found="trouble", sealed=False),
    "pgp-servfail": PersonDomain(zone="servfail", found="trouble", sealed=False),
    "advanced": PersonDomain(source="wkd", zone="unsigned"),
    "direct": PersonDomain(source="wkd", zone="unsigned", direct=True),
    "dripping": PersonDomain(source="wkd", zone="unsigned", drips=True, found="trouble", sealed=False),
}


class PersonLab(Lab):
    def __init__(self, folder, port=None):
        self.people, self.webs, self.files = {}, {}, {}
        super().__init__(folder, port, PEOPLE)

    def address(self, name):
        return f"bob@{self.full_name(name)}"

    def _more_names(self):
        homes = self.folder / "people"
        homes.mkdir()
        self.mail_authority = MailAuthority(homes)
        for name, domain in self.domains.items():
            if domain.source == "smimea":
                self.people[name] = SmimePerson(homes, self.address(name), self.mail_authority if domain.by_authority else None)
                self._publish_certificate(name, domain)
            else:
                self.people[name] = PgpPerson(homes, self.address(name))
                (self._publish_web if domain.source == "wkd" else self._publish_key)(name, domain)

    def _publish_certificate(self, name, domain):
        octets = der(self.people[name].certificate)
        data = hashlib.sha256(octets).hexdigest() if domain.record.endswith("1") else octets.hex()
        owner = hashlib.sha256(b"bob").hexdigest()[:56]
        self._add(f"{owner}._smimecert.{self.full_name(name)}", f"SMIMEA {domain.record} {data}")

    def _publish_key(self, name, domain):
        person = self.people[name]
        said = subprocess.run(["gpg", "--homedir", person.home, "--export-options", "export-dane", "--export", person.address],
                              check=True, capture_output=True, text=True).stdout
        origin = re.search(r"^\$ORIGIN (\S+)\.$", said, re.M).group(1)
        owner, size, data = re.search(r"^(\w+) TYPE61 \\# (\d+) \(([\s0-9a-f]+)\)", said, re.M).groups()
        self._add(f"{owner}.{origin}", f"TYPE61 \\# {size} " + "".join(data.split()))

    def _publish_web(self, name, domain):
        full, person = self.full_name(name), self.people[name]
        directory = self.folder / f"{name}.wkd"
        (directory / full).mkdir(parents=True)
        subprocess.run([WKS_CLIENT, "-C", directory, "--install-key", person.public, person.address], check=True, capture_output=True,
                       env=os.environ | {"GNUPGHOME": str(person.home)})  # a machine may have none of its own
        (self.files[name],) = (directory / full / "hu").iterdir()
        host = full if domain.direct else "openpgpkey." + full
        self._addresses += 1
        address = f"{self.network}.{self._addresses}"
        self._add(host, f"A {address}")
        self.webs[name] = WebHost(address, self.authority.server("web-" + name, names=[host]),
                                  http(self.files[name].read_bytes(), media_type="application/octet-stream"), domain.drips)

    def close(self):
        for host in self.webs.values():
            host.close()
        for person in self.people.values():
            if isinstance(person, PgpPerson):
                person.close()
        super().close()
