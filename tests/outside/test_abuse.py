"""Clients that mean no good, on the side where mail comes in: memory stays bounded, and a good sender is served meanwhile.

1,000 idle connections and some seconds of dripping; 10,000 and a minute with POSTERN_FULL=1, whose figures go to docs/results/.
"""
import threading
import unittest

import results
from crowd import FULL, MIB, PER_CLIENT, Abused, Crowd, address_of, connect, programs, ready_to_read, reset
from gateway import wait_until
from scene import ANN, BOB, below_trace, letter
from wire import Wire

KIB = 1024
SECONDS = 60 if FULL else 2


def tearDownModule():
    if FULL and Abused.results:
        results.write("abuse", programs=programs(), tests=Abused.results)


def drip(sockets, octets, ended):
    """Feeds each its octets, one a second, over and over."""
    position = 0
    while not ended.wait(1):
        for one in sockets:
            try:
                one.send(octets[position % len(octets):][:1])
            except OSError:
                continue  # whether it is still there is for the test to say
        position += 1


class Incoming(Abused):
    def many(self, count, until=lambda sender: None, first=0):
        """Inside TLS, each from an address that has room, and led to where `until` leaves it."""
        senders = []
        for number in range(first, first + count):
            senders.append(self.gateway.sender("m365", source=(address_of(number), 0)))
            self.addCleanup(senders[-1].wire.socket.close)
            until(senders[-1])
        return senders

    def dripping(self, sockets, octets):
        ended = threading.Event()
        thread = threading.Thread(target=drip, args=(sockets, octets, ended), daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(ended.set)
        return ended


class Idle(Incoming):
    count = 10_000 if FULL else 1_000

    def test_idle_in_the_clear(self):
        """A listener takes 10,000 in all: the last place is the good sender's."""
        with self.peak() as peak:
            crowd = Crowd(self.port, self.count - 1)
            self.addCleanup(crowd.close)
            crowd.say(b"EHLO idle.example\r\n")
            slowest = self.served_for(SECONDS)
            self.assertTrue(crowd.all_open(), "an idle connection was closed within seconds")
        self.bounded(peak, 8 + self.count * 16 * KIB / MIB, slowest_good_mail=slowest, connections=self.count)
        crowd.close()
        self.let_go()

    @unittest.skipUnless(FULL, "10,000 connections: POSTERN_FULL=1")
    def test_a_full_listener_says_so_and_others_go_on(self):
        crowd = Crowd(self.port, 10_000)
        self.addCleanup(crowd.close)
        one_more = connect(self.port, 10_000)
        self.assertTrue(one_more.recv(100).startswith(b"421 "))
        self.served(listener="strict")
        crowd.close()
        self.let_go()
        self.served()

    def test_idle_inside_tls(self):
        count = 2_000 if FULL else 100
        with self.peak() as peak:
            idle = self.many(count)
            slowest = self.served_for(SECONDS)
            self.assertFalse(ready_to_read([one.wire.socket for one in idle]), "an idle connection was closed")
        self.bounded(peak, 8 + count * 112 * KIB / MIB, slowest_good_mail=slowest, connections=count)
        for one in idle:
            one.wire.socket.close()
        self.let_go()


class Slow(Incoming):
    def test_one_octet_a_second(self):
        """In commands in the clear, and in bodies inside TLS. A body in flight reserves 512 KiB of spool.in_flight: 200 take 100 MiB."""
        commands = Crowd(self.port, 200)
        self.addCleanup(commands.close)
        with self.peak() as peak:
            bodies = self.many(200, into_body, first=len(commands.clients))
            ended = self.dripping(commands.clients, b"NOOP some words that take their time, and then some\r\n")
            ended_too = self.dripping([one.wire.socket for one in bodies], b"From: <ann@clinic.example>\r\nSubject: slow\r\n")
            slowest = self.served_for(SECONDS)
            self.assertEqual(self.status("bytes_in_flight"), 200 * 512 * KIB)
            self.assertFalse(ready_to_read([one.wire.socket for one in bodies]), "a slow body was cut off within seconds")
        self.bounded(peak, 64, slowest_good_mail=slowest, connections=400)
        ended.set()
        ended_too.set()
        for one in [*commands.clients, *(one.wire.socket for one in bodies)]:
            one.close()
        self.let_go()

    @unittest.skipUnless(FULL, "600 handshakes: POSTERN_FULL=1")
    def test_as_many_slow_bodies_as_in_flight_allows(self):
        """512 use up 256 MiB: new mail is put off (452) until they end, at 500 octets a second or after 3 minutes (limit.body_rate). No loss, but a tenant's own slow
        senders can do this to all (docs/load.md)."""
        bodies = self.many(512, into_body)
        with self.gateway.sender("strict") as sender:
            sender.envelope(ANN, [BOB])
            self.assertEqual(sender.command(b"DATA").code, 452)
        for one in bodies:
            one.wire.socket.close()
        self.let_go()
        self.served(listener="strict")


BODY = letter(b"What was said before the line went dead.\r\n" * 20_000)  # 800 KB: chunks are on the disk already
FIRST = BODY.index(b"\n") + 1


def into_body(sender, rest=b""):
    sender.envelope(ANN, [BOB])
    sender.command(b"DATA")
    sender.wire.send(BODY[:FIRST] + rest)


STEPS = {
    "connected": None, "greeted": None, "half a command": None, "EHLO": None, "STARTTLS": None, "half a ClientHello": None,  # in the clear
    "TLS": lambda s: None,
    "half a command inside TLS": lambda s: s.wire.send(b"MAIL FR"),
    "MAIL": lambda s: s.command(b"MAIL FROM:<ann@clinic.example>"),
    "RCPT": lambda s: s.envelope(ANN, [BOB]),
    "DATA": lambda s: (s.envelope(ANN, [BOB]), s.command(b"DATA")),
    "half a header": into_body,
    "half a body": lambda s: into_body(s, BODY[FIRST:]),
    "the final dot": lambda s: into_body(s, BODY[FIRST:] + b".\r\n"),
    "the answer": lambda s: (into_body(s, BODY[FIRST:] + b".\r\n"), wait_for_answer(s)),
    "BDAT's line": lambda s: (s.envelope(ANN, [BOB]), s.wire.send(b"BDAT 1000 LAST\r\n")),
    "half a chunk": lambda s: (s.envelope(ANN, [BOB]), s.wire.send(b"BDAT %d LAST\r\n" % len(BODY) + BODY[:600_000])),
    "a chunk": lambda s: (s.envelope(ANN, [BOB]), s.wire.send(b"BDAT %d\r\n" % len(BODY) + BODY), s.read()),
    "the last chunk": lambda s: (s.envelope(ANN, [BOB]), s.wire.send(b"BDAT %d LAST\r\n" % len(BODY) + BODY)),
}


def wait_for_answer(sender):
    """It lies there, unread: the other side has said 250."""
    if not ready_to_read([sender.wire.socket], timeout=20):
        raise TimeoutError("no answer")


IN_CLEAR = {"greeted": b"", "half a command": b"EHL", "EHLO": b"EHLO x\r\n", "STARTTLS": b"EHLO x\r\nSTARTTLS\r\n",
            "half a ClientHello": b"EHLO x\r\nSTARTTLS\r\n"}


class Reset(Incoming):
    rounds = 50 if FULL else 3

    def one(self, step):
        if step == "connected":
            return connect(self.port)
        if step not in IN_CLEAR:
            sender = self.gateway.sender("m365")
            STEPS[step](sender)
            return sender.wire.socket
        client = connect(self.port)
        wire = Wire(client)
        wire.line()
        for line in IN_CLEAR[step].splitlines(keepends=True):
            wire.send(line)
            while line.endswith(b"\r\n") and wire.line()[3:4] == b"-":
                pass
        if step == "half a ClientHello":
            wire.send(bytes.fromhex("16030100c8010000c40303"))
        return client

    def test_a_reset_at_every_step(self):
        with self.peak() as peak:
            for _ in range(self.rounds):
                for step in STEPS:
                    reset(self.one(step))
            slowest = self.served()
        self.let_go()
        self.served(listener="strict")
        self.assertTrue(wait_until(lambda: self.status("messages") == 0), "what was kept did not leave")
        # What was answered is kept, and what was reset before its end is nobody's mail.
        arrived = [below_trace(message.body) for message in self.good.messages if b"line went dead" in message.body]
        self.assertGreaterEqual(len(arrived), self.rounds)
        self.assertTrue(all(body == BODY for body in arrived))
        self.assertNotIn(b"internal", self.gateway.log_file.read_bytes())
        # What was half there went through the spool's write buffers, which are 96 MiB at most.
        self.bounded(peak, 128, slowest_good_mail=slowest, resets=self.rounds * len(STEPS))


class Flood(Incoming):
    """A client that sends by the megabyte and does not read: it is stopped by its own full window, and costs no more than that."""
    clients = 200 if FULL else 20

    def flood(self, line):
        """Until the kernel takes no more of it. The octets that went out."""
        crowd = Crowd(self.port, self.clients, window=4096)
        self.addCleanup(crowd.close)
        crowd.say(b"EHLO flood.example\r\n")
        block, went = line * (256 * KIB // len(line)), 0
        for client in crowd.clients:
            client.settimeout(0.03)
            try:
                while went < 8 * MIB * self.clients:
                    went += client.send(block)
            except TimeoutError:
                continue
        return crowd, went

    def commands(self, line):
        with self.peak() as peak:
            crowd, went = self.flood(line)
            slowest = self.served_for(SECONDS / 4)
        self.assertGreater(went, self.clients * len(line) * 1000)
        self.bounded(peak, 8 + self.clients * 160 * KIB / MIB, slowest_good_mail=slowest, connections=self.clients, sent_mib=round(went / MIB))
        for client in crowd.clients:
            reset(client)
        self.let_go()

    def test_noop_and_rset(self):
        self.commands(b"NOOP\r\nRSET\r\n")

    def test_ehlo(self):
        """The answer is twenty times as long as the question."""
        self.commands(b"EHLO x\r\n")

    def test_a_line_without_end(self):
        self.commands(b"NOOP " + b"x" * 250)

    def test_readers_too_do_not_take_it_all(self):
        """These read what they ask for: both processors are busy, and others have their turn."""
        ended = threading.Event()

        def greedy(client):
            client.settimeout(5)
            while not ended.is_set():
                client.sendall(b"NOOP\r\n" * 500)
                for_all = 500 * len(b"250 2.0.0 OK\r\n")
                while for_all > 0 and (piece := client.recv(65536)):
                    for_all -= len(piece)
        crowd = Crowd(self.port, 20)
        threads = [threading.Thread(target=greedy, args=(client,), daemon=True) for client in crowd.clients]
        with self.peak() as peak:
            for thread in threads:
                thread.start()
            slowest = self.served_for(SECONDS / 4)
            ended.set()
            for thread in threads:
                thread.join()
        crowd.close()
        self.bounded(peak, 16, slowest_good_mail=slowest)

    def test_errors(self):
        """Ten, and the line is cut (421): again and again."""
        rounds = 200 if FULL else 20
        with self.peak() as peak:
            for _ in range(rounds):
                crowd = Crowd(self.port, PER_CLIENT)
                for client in crowd.clients:
                    client.sendall(b"XYZZY\r\n" * 200)
                for client in crowd.clients:
                    self.assertIn(b"421 ", all_of(client))
                crowd.close()
            slowest = self.served()
        self.let_go()
        self.bounded(peak, 32, slowest_good_mail=slowest, connections=rounds * PER_CLIENT)


def all_of(client):
    said = b""
    try:
        while piece := client.recv(65536):
            said += piece
    except ConnectionResetError:  # what we had still sent was not read
        pass
    return said


if __name__ == "__main__":
    unittest.main()
