"""A posternd of one's own, in a folder of its own, from outside: configuration, start, kill, restart, its events and command.

    with Gateway(folder, authority, dns.address, delivery_port) as gateway:
        with gateway.sender() as exchange:
            exchange.send("ann@clinic.example", ["bob@lab.example"], body)
        gateway.events()                        # the JSON lines that a SIEM would read, in order
        gateway.run("queue", "list").stdout     # the admin command
        gateway.kill(); gateway.start()         # kill -9, and again

The programs come from $POSTERN_BUILD, or build/release of the repository.
"""
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from ports import free_port
from sender import Sender

REPOSITORY = Path(__file__).resolve().parents[2]
HOSTNAME = "gw.clinic.example"

TENANTS = """
[tenant.clinic]
domains  = ["clinic.example"]
bind     = { mode = "enforce", networks = ["127.0.0.0/8"], certificate = ["mail.clinic.example"] }
route    = { via = "mx" }
"""

POLICY = """\
version = 1
trigger = { protect = ["[secure]"] }
[[rule]]
name = "marked-secure"
when.trigger = true
then = { action = "protect", reason = "The sender asked for protection" }
[[rule]]
name = "social-security-number"
when.to = "outside"
when.finding = "us-ssn"
then = { action = "protect", reason = "It holds a social security number" }
[detector.us-ssn]
regex = '\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b'
[[rule]]
name = "internal-only"
when.to = "outside"
when.header.x-classification = "internal-only"
then = { action = "refuse", reason = "Internal mail does not leave" }
"""


def build_folder():
    return Path(os.environ.get("POSTERN_BUILD", REPOSITORY / "build" / "release"))


def wait_until(condition, timeout=30.0, pause=0.05):
    """What `condition` gives as soon as it is true, or its last answer."""
    end = time.monotonic() + timeout
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(pause)
    return answer


class Ended(Exception):
    """posternd ended instead of listening."""

    def __init__(self, code, said):
        super().__init__(f"posternd ended with {code}: {said.strip()}")
        self.code, self.said = code, said


class Gateway:
    def __init__(self, folder, authority, resolver, delivery_port, policy=POLICY, tenants=TENANTS, listeners=("m365",), start=True, state=None, **delivery):
        self.folder = Path(folder)
        self.authority = authority
        self.resolver, self.delivery_port = resolver, delivery_port
        self.policy, self.tenants = policy, tenants
        self.state = Path(state or self.folder / "state")
        self.delivery = {"concurrency": 20, "retry": ["1s", "2s"], "expire": "1h", "hold_expire": "1h", "proof_gap": "2s",
                         "protect_patience": "1m", "destination.suspend": "1s"} | delivery
        self.ports = {}           # listener name: port
        self.listener = {}        # listener name: settings of its own, as TOML text: {"starttls": '"implicit"'}
        for name in listeners:
            self.ports[name] = free_port()
        self.configuration = self.folder / "postern.toml"
        self.event_file = self.folder / "events.jsonl"
        self.log_file = self.folder / "posternd.log"
        self.process = None
        self.min_free, self.in_flight = "16MiB", "256MiB"
        self.networks_floor = "1h"
        self.discovery = {"egress": ["127.0.0.0/8"]}  # where the recipients' servers are
        self.wrapper, self.pass_fds = [], ()  # a command that execs the rest of its arguments; sockets that it hands down
        self._make_secrets()
        self.write_configuration()
        if start:
            self.start()

    def _make_secrets(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        certificate, key = self.authority.server(HOSTNAME)
        for source, name in ((certificate, "tls.crt"), (key, "tls.key"), (self.authority.certificate, "ca.pem")):
            (self.folder / name).write_bytes(Path(source).read_bytes())
        kek = self.folder / "kek"
        kek.touch(mode=0o600)
        kek.write_text(os.urandom(32).hex() + "\n")
        (self.folder / "tls.key").chmod(0o600)
        self.client = self.authority.client("mail.clinic.example")

    def write_configuration(self, extra=""):
        delivery, discovery = (", ".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
                               for settings in (self.delivery, self.discovery))
        text = f"""\
version  = 1
hostname = "{HOSTNAME}"
state    = "{self.state}"
spool    = {{ kek = "file:kek", min_free = "{self.min_free}", in_flight = "{self.in_flight}" }}
resolver = {{ address = "{self.resolver}", networks_floor = "{self.networks_floor}" }}
discovery = {{ {discovery} }}
delivery = {{ port = {self.delivery_port}, ca = "ca.pem", {delivery} }}
audit    = {{ sink = [{{ to = "file:{self.event_file}", format = "json" }}] }}
control  = {{ socket = "{self.folder}/control" }}
"""
        for name, port in self.ports.items():
            settings = {"address": f'["127.0.0.1:{port}"]', "starttls": '"required"', "limit": "{ per_client = 1000 }",
                        "tls": '{ certificate = "file:tls.crt", key = "file:tls.key", client = "request", ca = "file:ca.pem" }'}
            settings |= self.listener.get(name, {})
            text += f'\n[[listener]]\nname = "{name}"\n' + "".join(f"{key} = {value}\n" for key, value in settings.items())
        text += self.tenants
        self.configuration.write_text(text + extra)
        policies = self.folder / "policy.d"
        policies.mkdir(exist_ok=True)
        (policies / "demo.toml").write_text(self.policy)
        self.state.mkdir(exist_ok=True)

    def start(self, timeout=30.0, until=None):
        """Returns once every listener greets with 220, or `until()`."""
        with open(self.log_file, "ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen([*self.wrapper, build_folder() / "posternd", "--config", self.configuration],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, pass_fds=self.pass_fds)
        ready = wait_until(lambda: self.process.poll() is not None or (until or self._all_greet)(), timeout)
        if self.process.poll() is not None:
            raise Ended(self.process.returncode, self.log_file.read_bytes()[begin:].decode("utf-8", "replace"))
        if not ready:
            self.kill()
            raise TimeoutError("posternd does not greet; see " + str(self.log_file))

    def _all_greet(self):
        return all(self._greets(port) for port in self.ports.values())

    @staticmethod
    def _greets(port):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as probe:
                return probe.recv(100).startswith(b"220")
        except OSError:
            return False

    def ready(self):
        """What a test waits for whose listeners do not greet in the clear, or not at 127.0.0.1."""
        return b"info: ready:" in self.log_file.read_bytes()

    def stop(self, timeout=30.0):
        """SIGTERM; the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        self.process.kill()
        self.process.wait()

    def sender(self, listener=None, certificate="client", **options):
        """An Exchange-like connection to the first listener, with the tenant's client certificate, unless told otherwise."""
        port = self.ports[listener] if listener else next(iter(self.ports.values()))
        return Sender("127.0.0.1", port, authority=self.authority.certificate,
                      certificate=self.client if certificate == "client" else certificate, **options)

    def events(self, **wanted):
        """Those whose fields have the wanted values. The line that is being written, and a line seen twice, are left out."""
        found = {}
        if not self.event_file.exists():
            return []
        for line in self.event_file.read_bytes().split(b"\n")[:-1]:
            event = json.loads(line)
            if all(event.get(key) == value for key, value in wanted.items()):
                found.setdefault(event["id"], event)
        return [found[number] for number in sorted(found)]

    def wait_for(self, timeout=30.0, count=1, **wanted):
        """The events, as soon as there are `count` of them; fewer after `timeout`."""
        wait_until(lambda: len(self.events(**wanted)) >= count, timeout)
        return self.events(**wanted)

    def run(self, *arguments, json_answer=False):
        command = [build_folder() / "postern", "--config", self.configuration]
        done = subprocess.run([*command, *(["--json"] if json_answer else []), *arguments], capture_output=True, text=True,
                              cwd=self.folder, timeout=60)
        return json.loads(done.stdout) if json_answer else done

    def queue(self):
        return self.run("queue", "list", json_answer=True)["messages"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
