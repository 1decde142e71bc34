"""A world with DNSSEC: NSD serves signed zones, unbound validates them, and mail hosts on 127.x.y.z keep what their TLSA records
promise, or don't. No network is needed, nothing is installed.

    with Lab(folder) as lab:
        lab.resolver              # "127.77.3.1:53"
        lab.port                  # of all mail hosts; TLSA records are at _PORT._tcp
        lab.domains               # name: what a client of DANE must make of it (DOMAINS below)
    python3 interop/all_labs.py   # this lab and the others, for playing with; ends with Ctrl-C

Zones: example. is the trust anchor. good.example is signed, unsigned.example is not, bogus.example has another key than its parent says,
expired.example has signatures of last month, the server of servfail.example is down.
"""
import base64
import dataclasses
import hashlib
import os
import random
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "outside"), str(HERE)]
from certs import Authority  # noqa: E402
from peer import Program  # noqa: E402
from ports import free_port  # noqa: E402
from sink import Sink  # noqa: E402
from unpack import unpack  # noqa: E402


@dataclasses.dataclass
class Host:
    """A mail host. `tlsa` are the records at its own name: words of RECORDS; None: no such name."""
    tlsa: tuple = ()
    certificate: str = "private"     # private | authority | expired | other-name | none (no STARTTLS)
    name: str = "mx"                 # below the domain; "" is the domain itself
    zone: str = ""                   # where the host is, if not with its domain
    alias: str = ""                  # the host is a CNAME of this name: full, or a label in the domain
    alias_tlsa: tuple = ()           # records at that target
    tlsa_alias: bool = False         # the TLSA name itself is a CNAME
    broken: str = ""                 # bogus | servfail: a zone cut above its TLSA records
    listens: bool = True
    stripped: bool = False           # somebody on the way takes STARTTLS out of the answer to EHLO


@dataclasses.dataclass
class Domain:
    hosts: tuple
    expects: str                     # dane | unauthenticated | refused | deferred | none
    zone: str = "good"
    mx: bool = True                  # False: no MX records, the domain is the host
    postfix: str = ""                # what posttls-finger makes of it, where that differs
    why: str = ""                    # it differs


EE, TA = ("ee",), ("ta",)
DOMAINS = {
    "ee": Domain((Host(EE),), "dane"),
    "ee-cert-sha512": Domain((Host(("ee-certificate-512",)),), "dane"),
    "ee-expired": Domain((Host(EE, "expired"),), "dane"),
    "ee-other-name": Domain((Host(EE, "other-name"),), "dane"),
    "ee-rollover": Domain((Host(("ee-wrong", "ee")),), "dane"),
    "ee-wrong": Domain((Host(("ee-wrong",), "authority"),), "refused"),
    "ta": Domain((Host(TA, "authority"),), "dane"),
    "ta-key": Domain((Host(("ta-key",), "authority"),), "dane"),
    "ta-other-name": Domain((Host(TA, "other-name"),), "refused"),
    "ta-wrong-ee": Domain((Host(("ta", "ee-wrong"), "authority"),), "dane"),
    "agility": Domain((Host(("ee", "ee-wrong-512")),), "refused"),
    "no-starttls": Domain((Host(EE, "none"),), "refused"),
    "unusable": Domain((Host(("malformed",)),), "unauthenticated"),
    "pkix-only": Domain((Host(("pkix",), "authority"),), "unauthenticated"),
    "some-unusable": Domain((Host(("malformed", "pkix", "ee")),), "dane"),
    "no-tlsa": Domain((Host(),), "unauthenticated"),
    "no-tlsa-authority": Domain((Host((), "authority"),), "unauthenticated"),
    "tlsa-bogus": Domain((Host(EE, broken="bogus"),), "refused"),
    "tlsa-servfail": Domain((Host(EE, broken="servfail"),), "refused"),
    "tlsa-alias": Domain((Host(EE, tlsa_alias=True),), "dane"),
    "alias-target": Domain((Host((), alias="real", alias_tlsa=EE),), "dane"),
    "alias-itself": Domain((Host(EE, alias="real"),), "dane"),
    "alias-insecure": Domain((Host(EE, alias="mx.alias-insecure.unsigned.example"),), "dane"),
    "implicit": Domain((Host(EE, name=""),), "dane", mx=False),
    "second-host": Domain((Host(("ee-wrong",), name="mx1"), Host(EE, name="mx2")), "dane", postfix="refused",
                          why="posttls-finger looks at the first host that answers and no further; Postfix itself would go on"),
    "second-host-skipped": Domain((Host(EE, name="mx1", broken="bogus"), Host(EE, name="mx2")), "dane"),
    "first-host-down": Domain((Host(EE, name="mx1", listens=False), Host(EE, name="mx2")), "dane"),
    "host-unsigned": Domain((Host(EE, zone="unsigned"),), "unauthenticated"),
    "plain": Domain((Host(("ee-wrong",)),), "unauthenticated", zone="unsigned"),
    "mx-unsigned": Domain((Host(("ee-wrong",), zone="good"),), "unauthenticated", zone="unsigned", postfix="refused",
                          why="Postfix looks for TLSA records of hosts in unsigned MX records too (smtp_tls_dane_insecure_mx_policy = dane); "
                              "RFC 7672 §2.2.1 leaves that to the client, and it proves nothing about the domain"),
    "bogus": Domain((Host(EE),), "deferred", zone="bogus"),
    "expired": Domain((Host(EE),), "deferred", zone="expired"),
    "servfail": Domain((Host(EE),), "deferred", zone="servfail"),
}
ZONES = ("good", "unsigned", "bogus", "expired", "servfail")


def spki(certificate):
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True, text=True).stdout
    return base64.b64decode("".join(line for line in key.splitlines() if not line.startswith("-")))


def der(certificate):
    return ssl.PEM_cert_to_DER_cert(Path(certificate).read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n")


RECORDS = {
    "ee": lambda leaf, ca: "3 1 1 " + hashlib.sha256(spki(leaf)).hexdigest(),
    "ee-certificate-512": lambda leaf, ca: "3 0 2 " + hashlib.sha512(der(leaf)).hexdigest(),
    "ee-wrong": lambda leaf, ca: "3 1 1 " + "ab" * 32,
    "ee-wrong-512": lambda leaf, ca: "3 1 2 " + "ab" * 64,
    "ta": lambda leaf, ca: "2 0 1 " + hashlib.sha256(der(ca)).hexdigest(),
    "ta-key": lambda leaf, ca: "2 1 0 " + spki(ca).hex(),
    "malformed": lambda leaf, ca: "3 1 1 abcdef",
    "pkix": lambda leaf, ca: "1 1 1 " + hashlib.sha256(spki(leaf)).hexdigest(),
}


def free_network():
    """127.A.B of which nobody uses port 53."""
    for _ in range(50):
        network = f"127.{random.randint(60, 250)}.{random.randint(1, 250)}"
        try:
            for host in (1, 2):
                socket.create_server((f"{network}.{host}", 53)).close()
            return network
        except OSError:
            continue
    raise RuntimeError("no loopback network with a free port 53 (the lab needs root)")


class Lab:
    def __init__(self, folder, port=None, domains=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.network = free_network()
        self.resolver = f"{self.network}.1:53"
        self.domains = dict(DOMAINS if domains is None else domains)
        self.authority = Authority(self.folder / "certificates")
        self.sinks, self.programs, self._addresses = [], [], 9
        self.port = port or free_port()
        self._libraries = []
        self.tools = {name: self._unpack(name, path) for name, path in
                      {"nsd": "usr/sbin/nsd", "unbound": "usr/sbin/unbound", "ldnsutils": "usr/bin"}.items()}
        self.zones = {f"{zone}.example": [] for zone in ZONES}
        self.cuts = []
        self.hosts = [(self._host_name(name, host), host) for name, domain in self.domains.items() for host in domain.hosts]
        self.certificates = self._make_certificates()
        try:
            for name, domain in self.domains.items():
                self._open(name, domain)
            self._more_names()
            self._serve_zones()
        except BaseException:
            self.close()
            raise

    # The mail hosts

    def full_name(self, name):
        zone = self.domains[name].zone
        return f"{name}.{zone}.example"

    def _host_name(self, name, host):
        zone = host.zone or self.domains[name].zone
        return f"{name}.{zone}.example" if host.name == "" else f"{host.name}.{name}.{zone}.example"

    def _open(self, name, domain):
        full = self.full_name(name)
        for number, host in enumerate(domain.hosts):
            host_name = self._host_name(name, host)
            self._addresses += 1
            address = f"{self.network}.{self._addresses}"
            pair = self.certificates[host.certificate]
            if host.listens:
                self.sinks.append(Sink(address, self.port, certificate=pair, hostname=host_name,
                                       starttls_offered=False if host.stripped else None))
            if domain.mx:
                self._add(full, f"MX {10 * (number + 1)} {host_name}.")
            self._add_host(host_name, host, address, pair)

    def _add_host(self, host_name, host, address, pair):
        target = host_name
        if host.alias:
            target = host.alias if "." in host.alias else f"{host.alias}.{host_name}"
            self._add(host_name, f"CNAME {target}.")
        self._add(target, f"A {address}")
        self._add_tlsa(target, host.alias_tlsa, pair)
        if host.broken:
            self._cut(f"_tcp.{host_name}", host.broken)
        elif host.tlsa_alias:
            self._add(f"_{self.port}._tcp.{host_name}", f"CNAME _tlsa.{host_name}.")
            self._add_tlsa(host_name, host.tlsa, pair, f"_tlsa.{host_name}")
        else:
            self._add_tlsa(host_name, host.tlsa, pair)

    def _add_tlsa(self, host_name, words, pair, owner=None):
        for word in words:
            certificate = pair[0] if pair else self.authority.certificate
            self._add(owner or f"_{self.port}._tcp.{host_name}", "TLSA " + RECORDS[word](certificate, self.authority.certificate))

    def _make_certificates(self):
        """kind: (chain, key). One of a kind is enough; that of the authority names all hosts that show it."""
        def chain_of(kind, names, **more):
            leaf, key = self.authority.server(kind, names=names, **more)
            chain = self.folder / f"{kind}.chain.pem"
            chain.write_text(leaf.read_text() + self.authority.certificate.read_text())
            return chain, key
        named = [host_name for host_name, host in self.hosts if host.certificate == "authority"]
        nobody = Authority(self.folder / "private", "private")  # whom nobody trusts
        return {"none": None, "private": nobody.server("untrusted", names=["private.example"]), "authority": chain_of("authority", named),
                "expired": chain_of("expired", ["mx.ee-expired.good.example"], expired=True),
                "other-name": chain_of("other-name", ["elsewhere.example"])}

    def _more_names(self):
        self._add("null.good.example", "MX 0 .")

    # The zones

    def _add(self, name, record, above=False):
        """`above`: into the zone that delegates the name."""
        zone = max((zone for zone in self.zones if ("." + name).endswith("." + zone) and not (above and zone == name)), key=len)
        self.zones[zone].append(f"{name}. 300 IN {record}")

    def _cut(self, name, how):
        self.cuts.append((name, how))
        if how == "bogus":
            self.zones[name] = [f"_{self.port}.{name}. 300 IN TLSA 3 1 1 " + "cd" * 32]

    def _head(self, zone):
        return [f"{zone}. 300 IN SOA ns.example. root.example. {int(time.time())} 3600 600 86400 60", f"{zone}. 300 IN NS ns.example."]

    def _unpack(self, package, path):
        folders = unpack(package)
        self._libraries += [str(libs) for folder in folders for libs in (folder / "usr/lib/x86_64-linux-gnu", folder / "lib/x86_64-linux-gnu")
                            if libs.is_dir()]
        return folders[0] / path

    @property
    def environment(self):
        return {**os.environ, "LD_LIBRARY_PATH": ":".join(dict.fromkeys(self._libraries))}

    def _key(self, zone):
        done = subprocess.run([self.tools["ldnsutils"] / "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone + "."], cwd=self.keys,
                              env=self.environment, capture_output=True, text=True, check=True)
        return self.keys / done.stdout.strip()

    def _sign(self, zone, records, key, expired=False):
        plain = self.keys / f"{zone}.zone"
        plain.write_text("\n".join(self._head(zone) + records) + "\n")
        now = time.time()
        begin, end = (now - 60 * 86400, now - 30 * 86400) if expired else (now - 86400, now + 30 * 86400)
        day = [time.strftime("%Y%m%d%H%M%S", time.gmtime(moment)) for moment in (begin, end)]
        subprocess.run([self.tools["ldnsutils"] / "ldns-signzone", "-i", day[0], "-e", day[1], "-o", zone + ".", "-f", f"{plain}.signed",
                        plain, key], cwd=self.keys, env=self.environment, check=True, capture_output=True)
        return Path(f"{plain}.signed")

    def _ds(self, key):
        return Path(f"{key}.ds").read_text().split(";")[0].strip()

    def _serve_zones(self):
        self.keys = self.folder / "zones"
        self.keys.mkdir(exist_ok=True)
        files, parent = {}, [f"ns.example. 300 IN A {self.network}.2", f"nobody.example. 300 IN A {self.network}.3"]
        for name, how in self.cuts:  # a zone cut above some host's TLSA records
            self._add(name, "NS ns.example.", above=True)
            self._add(name, "DS " + self._ds(self._key(name)).split(" DS ", 1)[-1].split("\tDS\t", 1)[-1], above=True)
        for zone, records in self.zones.items():
            if zone.startswith("_tcp."):
                files[zone] = self._sign(zone, records, self._key(zone))
                continue
            parent.append(f"{zone}. 300 IN NS " + ("nobody.example." if zone == "servfail.example" else "ns.example."))
            if zone == "servfail.example":
                continue
            if zone == "unsigned.example":
                plain = self.keys / f"{zone}.zone"
                plain.write_text("\n".join(self._head(zone) + records) + "\n")
                files[zone] = plain
                continue
            key = self._key(zone)
            files[zone] = self._sign(zone, records, key, expired=zone == "expired.example")
            parent.append(self._ds(self._key(zone) if zone == "bogus.example" else key))
        anchor = self._key("example")
        files["example"] = self._sign("example", parent, anchor)
        self._start_nsd(files)
        self._start_unbound(Path(f"{anchor}.key"))

    def _start_nsd(self, files):
        zones = "".join(f'zone:\n  name: "{zone}"\n  zonefile: "{path}"\n' for zone, path in files.items())
        (self.folder / "nsd.conf").write_text(f"""\
server:
  ip-address: {self.network}.2@53
  username: ""
  zonesdir: "{self.folder}"
  pidfile: ""
  xfrdfile: ""
  xfrdir: "{self.folder}"
  zonelistfile: "{self.folder}/zone.list"
  database: ""
  server-count: 1
remote-control:
  control-enable: no
{zones}""")
        self._run("nsd", [self.tools["nsd"], "-d", "-c", self.folder / "nsd.conf"], f"{self.network}.2")

    def _start_unbound(self, anchor):
        (self.folder / "unbound.conf").write_text(f"""\
server:
  interface: {self.network}.1@53
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "{anchor}"
  ede: yes
  val-log-level: 1
  num-threads: 1
  infra-host-ttl: 1
stub-zone:
  name: "example."
  stub-addr: {self.network}.2
remote-control:
  control-enable: no
""")
        self._run("unbound", [self.tools["unbound"], "-d", "-c", self.folder / "unbound.conf"], f"{self.network}.1")

    def _run(self, name, command, address):
        place = self.folder / name
        place.mkdir(exist_ok=True)
        program = Program(place)
        self.programs.append(program)
        program.start(command, env=self.environment)
        end = time.monotonic() + 20
        while time.monotonic() < end and all(process.poll() is None for process in program.processes):
            try:
                socket.create_connection((address, 53), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{name} does not answer: " + program.said()[-2000:])

    def close(self):
        for program in self.programs:
            program.stop()
        for sink in self.sinks:
            sink.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
