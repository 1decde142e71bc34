"""Much mail, large mail, and recipients' servers that do not do their part: memory stays bounded, and other domains' mail leaves meanwhile.

5 messages of 20 MB; 20 of 150 MB with POSTERN_FULL=1, whose figures go to docs/results/.
"""
import base64
import concurrent.futures
import hashlib
import threading
import time
import unittest

import results
from crowd import FULL, MIB, Abused, programs
from gateway import wait_until
from hard_servers import Digesting, Resetting, SlowReader, TarPit
from scene import ANN, letter
from sender import queue_id

HARD = 500 if FULL else 60
PROMPTLY = 10.0  # seconds, on two processors that others use too


def tearDownModule():
    if FULL and Abused.results:
        results.write("load", programs=programs(), tests=Abused.results)


class Load(Abused):
    def queue_up(self, domains, count, body=letter(), connections=5):
        """`count` messages for these domains in turn. Their queue ids, by domain."""
        ids = {domain: [] for domain in domains}

        def some(first):
            with self.gateway.sender("m365") as connection:
                for number in range(first, count, connections):
                    domain = domains[number % len(domains)]
                    ids[domain].append(queue_id(connection.send(ANN, ["bob@" + domain], body)[-1]))
        together(some, range(connections))
        self.assertEqual(sum(map(len, ids.values())), count)
        return ids


def together(work, items):
    with concurrent.futures.ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


class HardServers(Load):
    """Twenty deliveries at a time: so many messages that cannot be delivered must not be all that is tried."""

    def held_up_by(self, domains, messages=500, body=letter(), within=PROMPTLY):
        with self.peak() as peak:
            self.queue_up(domains, messages, body)
            slowest = self.served_for(60 if FULL else 3, within)
        self.assertGreater(self.status("messages"), messages * 0.9, "nothing waits: there was no load")
        # Twice: in the spool's write buffers, and a chunk of it in each delivery.
        self.bounded(peak, 32 + 2 * messages * len(body) / MIB, slowest_good_mail=slowest, waiting=messages, domains=len(domains))

    def domains(self, name, count, **options):
        names = [f"{name}{number}.example" for number in range(count)]
        for one in names:
            self.stage.open(one, **options)
        return names

    def test_a_storm_of_4xx(self):
        self.held_up_by(self.domains("storm", 10, refuse_rcpt="451 4.7.1 Later\r\n"))

    def test_one_domain_is_a_tar_pit(self):
        self.held_up_by(self.domains("tar", 1, kind=TarPit), messages=HARD)

    def test_one_domain_reads_an_octet_a_second(self):
        self.held_up_by(self.domains("swamp", 1, certificate=None, kind=SlowReader), messages=40, body=letter(b"So much to tell.\r\n" * 30_000))

    def silent(self, count):
        names = [f"silent{number}.example" for number in range(count)]
        for name in names:
            self.stage.zone[name] = {"SILENT": True}
        return names

    def test_the_resolver_never_answers_for_one_domain(self):
        self.held_up_by(self.silent(1), messages=HARD)

    def test_the_resolver_never_answers_for_fifty_domains(self):
        """More domains than deliveries at a time (20), and 3 times 5 s for each; the good mail's domain was not seen before."""
        self.good, self.good_recipient = self.stage.open("fresh.example"), "bob@fresh.example"
        self.held_up_by(self.silent(50), messages=HARD)


class ResetByServers(Load):
    steps = ("connect", "greeting", "EHLO", "STARTTLS", "handshake", "EHLO in TLS", "MAIL", "RCPT", "DATA", "body", "dot")

    def test_a_reset_at_every_step(self):
        servers = {f"reset{number}.example": self.stage.open(f"reset{number}.example", kind=Resetting, step=step)
                   for number, step in enumerate(self.steps)}
        with self.peak() as peak:
            ids = self.queue_up(list(servers), 5 * len(servers))
            self.assertTrue(wait_until(lambda: all(server.resets >= 3 for server in servers.values())),
                            {server.step: server.resets for server in servers.values()})
            slowest = self.served(PROMPTLY)
        for server in servers.values():
            server.step = None
        self.assertTrue(wait_until(lambda: self.status("messages") == 0, timeout=60), self.gateway.queue())
        for domain, server in servers.items():
            for one in ids[domain]:
                copies = sum(one.encode() in message.body[:1000] for message in server.messages)
                self.assertEqual(copies, 1, domain)
        self.let_go()
        self.bounded(peak, 32, slowest_good_mail=slowest, resets=sum(server.resets for server in servers.values()))


class Large(Load):
    """Their bodies are sealed to the disk while they arrive; spool.in_flight (256 MiB) is for what is in memory before the 250."""
    count, size = (20, 150_000_000) if FULL else (5, 20_000_000)

    def test_large_messages_at_the_same_time(self):
        bulk = self.stage.open("bulk.example", kind=Digesting)
        body = large_letter(self.size)
        digest = hashlib.sha256(body).hexdigest().encode()

        def send(number):
            with self.gateway.sender("m365", source=(f"127.9.1.{number + 1}", 0), timeout=1200) as connection:
                connection.envelope(ANN, ["bob@bulk.example"])
                connection.command(b"DATA")
                for at in range(0, len(body), MIB):
                    connection.wire.send(body[at:at + MIB])
                connection.wire.send(b".\r\n")
                return connection.read().code

        began, over = time.monotonic(), threading.Event()
        with self.peak() as peak, concurrent.futures.ThreadPoolExecutor(1) as other:
            good = other.submit(self.served_until, lambda: over.is_set() or len(bulk.messages) >= self.count)
            try:
                codes = together(send, range(self.count))
                answered = time.monotonic() - began
                all_there = bulk.wait(self.count, timeout=1200)
            finally:
                over.set()
            took = good.result()
        self.assertEqual(set(codes), {250})
        self.assertTrue(all_there, f"only {len(bulk.messages)} of {self.count} arrived")
        self.assertEqual({message.body for message in bulk.messages}, {digest})
        self.bounded(peak, LARGE_BAR, slowest_good_mail=max(took), good_mails=len(took), messages=self.count, megabytes_each=self.size // 1_000_000,
                     answered_after=round(answered, 1), arrived_after=round(time.monotonic() - began, 1))
        self.assertLess(max(took), PROMPTLY)

    def served_until(self, ended):
        took = []
        while not ended():
            took.append(self.served(within=600))
            time.sleep(0.5)
        return took


LARGE_BAR = 256_000_000 / MIB  # twenty bodies of 150 MB take 3 GB


def large_letter(size):
    """A table as attachment, in base64: the worker decodes and reads all of it."""
    head = letter(b"--b\r\n\r\nhello\r\n--b\r\nContent-Type: text/csv; name=x.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                  extra=b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n")
    lines = base64.encodebytes(b"".join(b"%d,some name,some street %d\r\n" % (number, number) for number in range(1000)))
    lines = lines.replace(b"\n", b"\r\n")
    lines = lines[:len(lines) - len(lines) % 78]
    return head + lines * ((size - len(head)) // len(lines)) + b"--b--\r\n"


if __name__ == "__main__":
    unittest.main()
