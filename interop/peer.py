"""What the peers have in common: a private root, a greeting to wait for, a Maildir that is read from outside.

    class Exim(Peer):
        def __init__(self, …):
            self.make_root("exim4-daemon-light", folder, users={"Debian-exim": 901})
            self.root.write("/etc/exim4/exim4.conf", …)
            self.start("exec exim4 -bdf", address, port)

After that: peer.address, peer.port; peer.said(), its log; peer.mailbox(), each message as it keeps it; peer.stop().
"""
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from private_root import PrivateRoot

BOB = 1001


class Peer:
    def make_root(self, package, folder, users, **more):
        """/home is seen from outside as self.home; bob has a Maildir there."""
        self.make_maildir(folder)
        binds = {self.home: "/home", **more.pop("binds", {})}
        self.root = PrivateRoot(package, folder, users={**users, "bob": BOB}, binds=binds, **more)

    def make_maildir(self, folder):
        self.home = Path(folder) / "home"
        self.maildir = self.home / "bob/Maildir"
        for part in ("cur", "new", "tmp"):
            (self.maildir / part).mkdir(parents=True, exist_ok=True)

    def copy_certificates(self, inside, certificate, authority=None):
        """As tls.pem, tls.key and ca.pem in a folder of the root."""
        for source, name in ((certificate and certificate[0], "tls.pem"), (certificate and certificate[1], "tls.key"), (authority, "ca.pem")):
            if source:
                self.root.copy(source, f"{inside}/{name}")

    def start(self, command, address, port):
        """A shell command in the root."""
        self.begin(f"chown -R {BOB}:{BOB} /home/bob && {command}", address, port)

    def begin(self, command, address, port, **more):
        self.address, self.port = address, port
        self.root.start(command, **more)
        self.wait_for_greeting()

    def wait_for_greeting(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.runs():
            try:
                with socket.create_connection((self.address, self.port), timeout=2) as probe:
                    if probe.recv(100).startswith(b"220"):
                        return
            except OSError:
                pass
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"{type(self).__name__} does not greet: " + self.said()[-2000:])

    def runs(self):
        return all(process.poll() is None for process in self.root.processes)

    def said(self):
        return self.root.said()

    def mailbox(self):
        return [path.read_bytes() for path in sorted((self.maildir / "new").iterdir())]

    def stop(self):
        self.root.stop()


class Program:
    """In place of a PrivateRoot, for a peer that needs none: a process with its children, whose words go to the same log."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.processes = []

    def start(self, command, **more):
        with open(self.folder / "peer.log", "ab") as log:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                                   start_new_session=True, **more))

    def said(self):
        return (self.folder / "peer.log").read_text(errors="replace")

    def stop(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # a group of its own: what it started ends too
            except ProcessLookupError:
                pass
            process.wait()
        self.processes.clear()
