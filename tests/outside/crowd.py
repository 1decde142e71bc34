"""Many clients at once, from many addresses of 127.9.0.0/16 (`limit.per_client` counts by address), and what a test of abuse starts from.

    crowd = Crowd(port, 1000)                # 1,000 connections, each greeted
    crowd.say(b"EHLO x\r\n"); crowd.all_open(); crowd.close()

    class Something(Abused):                 # a Scene: a fresh posternd for each test
        def test_…(self):
            with self.peak() as peak: …; self.served(within=5)
            self.bounded(peak, 64)           # MiB beyond the idle size
"""
import hashlib
import os
import resource
import select
import socket
import struct
import time
import unittest

from gateway import build_folder, wait_until
from memory import Peak, mib
from scene import BOB, Scene, letter
from sender import queue_id

FULL = os.environ.get("POSTERN_FULL") == "1"
PER_CLIENT = 50
MIB = 2**20


def room_for_files(count):
    """Ours, and posternd's, which inherits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(hard, count)))
    except ValueError as refused:
        raise unittest.SkipTest(f"{count} open files are more than may be had (ulimit -Hn is {hard})") from refused


def programs():
    """Which ones were measured: {name: SHA-256}."""
    return {name: hashlib.sha256((build_folder() / name).read_bytes()).hexdigest() for name in ("posternd", "postern-inspect")}


def address_of(number):
    place = number // PER_CLIENT
    return f"127.9.{place // 250}.{place % 250 + 1}"


def connect(port, number=0, window=None, timeout=30):
    """`window`: octets that the kernel takes in for a client that does not read."""
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.settimeout(timeout)
    if window:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    client.bind((address_of(number), 0))
    client.connect(("127.0.0.1", port))
    return client


def reset(client):
    """Ends it with RST: whatever is under way is dropped on both sides."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def ready_to_read(clients, timeout=0.0):
    waiting = select.poll()
    for client in clients:
        waiting.register(client, select.POLLIN)
    return {number for number, _ in waiting.poll(timeout * 1000)}


class Crowd:
    def __init__(self, port, count, first=0, window=None):
        self.clients = []
        for number in range(count):
            self.clients.append(connect(port, first + number, window))
            if number % 200 == 199:  # no more than the listening queue holds
                self.hear(self.clients[-200:])
        self.hear(self.clients[count - count % 200:])

    @staticmethod
    def hear(clients):
        for client in clients:
            answer = b""
            while not answer.endswith(b"\r\n"):
                piece = client.recv(4096)
                if not piece:
                    raise ConnectionError(f"closed after {answer!r}")
                answer += piece
            if answer[:1] != b"2":
                raise ConnectionError(answer.decode("latin-1"))

    def say(self, line):
        for client in self.clients:
            client.sendall(line)
        self.hear(self.clients)

    def all_open(self):
        """A server that closed, or spoke unasked, is readable."""
        return not ready_to_read(self.clients)

    def close(self):
        for client in self.clients:
            client.close()


class Abused(Scene):
    listeners = ("m365", "strict")
    settings = ""
    good_recipient = BOB
    results = {}  # what was measured, by test

    @classmethod
    def setUpClass(cls):
        room_for_files(15_000 if FULL else 4_000)
        super().setUpClass()
        cls.gateway.stop()

    def setUp(self):
        limit = f"{{ per_client = {PER_CLIENT} }}"
        self.gateway.listener = {name: {"limit": limit} for name in self.listeners}
        self.gateway.state = self.stage.folder / self.id()  # what an earlier test left in the queue is not this one's load
        self.gateway.write_configuration(extra=self.settings)
        self.gateway.start()
        self.addCleanup(self.gateway.kill)  # deliveries to servers that never answer would be waited for
        self.served()  # what the first message of all costs is no abuse's doing
        self.port = self.gateway.ports["m365"]
        self.open_files = self.files()

    def peak(self):
        return Peak(self.gateway.process.pid)

    def served(self, within=10.0, listener="m365"):
        """A good sender's new mail is at its recipient's server soon, whatever else goes on. The seconds that it took."""
        began = time.monotonic()
        reply = self.exchange(letter(), to=(self.good_recipient,), listener=listener)[-1]
        self.assertEqual(reply.code, 250, reply.text)
        number = queue_id(reply).encode()
        self.assertTrue(wait_until(lambda: any(number in message.body[:1000] for message in self.good.messages), timeout=within),
                        f"good mail is not there after {within} s")
        took = time.monotonic() - began
        self.assertLess(took, within, "good mail is held up")
        return round(took, 2)

    def served_for(self, seconds, within=10.0):
        """The longest of several, one after the other."""
        took, end = [], time.monotonic() + seconds
        while not took or time.monotonic() < end:
            took.append(self.served(within))
            time.sleep(0.2)
        return max(took)

    def bounded(self, peak, growth, **more):
        """`growth` in MiB. What was measured is kept, whether it holds or not."""
        measured = peak.in_mib() | {"bar_of_growth": growth} | more
        self.results[self.id().split(".", 1)[1]] = measured
        print(measured, end=" ", flush=True)
        self.assertGreater(peak.samples, 2, "too few samples to speak of a peak")
        self.assertLess(mib(peak.growth), growth, "memory grew beyond the bar")

    def files(self):
        return len(os.listdir(f"/proc/{self.gateway.process.pid}/fd"))

    def let_go(self, spare=20):
        """Every connection of the abusers has ended at posternd's side too, and no memory is reserved for their bodies."""
        wait_until(lambda: self.files() <= self.open_files + spare, timeout=20)
        self.assertLessEqual(self.files(), self.open_files + spare, "connections are left over")
        self.assertTrue(wait_until(lambda: self.status("bytes_in_flight") == 0, timeout=20), "memory stays reserved")

    def status(self, key):
        return self.gateway.run("status", json_answer=True)[key]
