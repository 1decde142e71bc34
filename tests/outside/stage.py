"""The world around a gateway: domains with mail servers of their own on 127.0.0.x, their names, and a certificate authority.

    with Stage(folder) as stage:
        lab = stage.open("lab.example")                          # a sink with good TLS
        stage.open("plain.example", certificate=None)            # without TLS
        stage.open("odd.example", greylist=True)                 # any behaviour of Sink
        stage.name("asleep.example")                             # in the DNS, but nobody answers
        with stage.gateway() as gateway: ...

The sender's own domain, clinic.example, is there already: notices arrive at stage.sinks["clinic.example"].
"""
import shutil
import tempfile
from pathlib import Path

from certs import Authority
from dns import Dns
from gateway import Gateway
from ports import free_port
from sink import Sink

GOOD = object()


def temporary_folder(clean_up):
    """`clean_up` is a test's addCleanup or its class's addClassCleanup."""
    folder = Path(tempfile.mkdtemp(prefix="postern-test-"))
    clean_up(shutil.rmtree, folder, ignore_errors=True)
    return folder


def temporary_stage(clean_up):
    """A stage in a folder of its own, `stage.folder`, both gone after the test or its class."""
    stage = Stage(temporary_folder(clean_up))
    clean_up(stage.close)
    return stage


class Stage:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.authority = Authority(self.folder / "certificates")
        self.port = free_port()
        self.zone, self.sinks, self.hosts = {}, {}, {}
        self.dns = Dns(self.zone)
        self.open("clinic.example")

    def name(self, domain):
        """Its address; a new one where it has none yet."""
        number = self.hosts.setdefault(domain, len(self.hosts) + 10)
        host = f"127.0.{number // 250}.{number % 250 + 1}"
        self.zone["mx." + domain] = {"A": [host]}
        self.zone[domain] = {"MX": [(10, "mx." + domain)]}
        return host

    def certificate(self, domain):
        return self.authority.server("mx." + domain)

    def open(self, domain, certificate=GOOD, kind=Sink, **behaviour):
        pair = self.certificate(domain) if certificate is GOOD else certificate
        sink = kind(self.name(domain), self.port, certificate=pair, hostname="mx." + domain, **behaviour)
        self.sinks[domain] = sink
        return sink

    def open_as_case(self, domain, case, certificate):
        self.sinks[domain] = Sink.as_case(self.name(domain), self.port, case, certificate)
        return self.sinks[domain]

    def gateway(self, name="gateway", **options):
        return Gateway(self.folder / name, self.authority, self.dns.address, self.port, **options)

    def notices(self):
        return [message.body for message in self.sinks["clinic.example"].messages]

    def close(self):
        self.dns.close()
        for sink in self.sinks.values():
            sink.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
