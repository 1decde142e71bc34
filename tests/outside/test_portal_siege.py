"""The portal's door under attack: raw octets inside TLS. Whatever comes ends in bounded time and memory, is answered as itself or not at all,
and others are served meanwhile. That the attacks work where the defences are off: tests/mutations/http-*.patch.

The long form (POSTERN_FULL=1) has readers who never read a large message."""
import contextlib
import re
import signal
import socket
import ssl
import threading
import time
import unittest
from pathlib import Path

import results
from crowd import FULL, MIB
from gateway import wait_until
from memory import Peak
from portal import HOST, Portal
from portal_scene import PortalScene, words_of
from scene import ANN, letter
from stage import temporary_stage

HIDDEN = b"GET /brand/hidden.css HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\n\r\n"
GET = HIDDEN.replace(b"brand/hidden", b"style")
POST = b"POST /m/a/code HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\n"
PATIENCE = 20  # seconds that the portal waits for a request that has begun
CLIENTS = [f"127.0.2.{number}" for number in range(1, 21)]


class Wire:
    """A connection of one's own, and what comes back."""

    def __init__(self, portal, source="127.0.0.1", timeout=20, window=None):
        raw = socket.socket()
        raw.settimeout(timeout)
        if window:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        raw.bind((source, 0))
        raw.connect(("127.0.0.1", portal.port))
        self.socket = portal.context.wrap_socket(raw, server_hostname=HOST)
        self.said, self.ended = b"", False

    def close(self):
        self.socket.close()

    def hear(self):
        """Some more; whether the portal has ended it is in `ended`."""
        try:
            piece = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            piece = b""
        self.said += piece
        self.ended = not piece

    def hear_all(self):
        while not self.ended:
            self.hear()
        return self.answers()

    def answers(self):
        """[(status, header section, body)] of what has come whole; with octets that are none of an answer it fails."""
        found, rest = [], self.said
        while rest:
            head, blank, rest = rest.partition(b"\r\n\r\n")
            status = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
            length = re.search(rb"\r\nContent-Length: (\d+)", head)
            assert blank and status and length, self.said
            found.append((int(status[1]), head, rest[:int(length[1])]))
            assert len(rest) >= int(length[1]), self.said
            rest = rest[int(length[1]):]
        return found


def chunked(*chunks):
    return POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


class Door(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.portal = Portal(cls.stage.folder / "portal", cls.stage.authority)
        cls.addClassCleanup(cls.portal.stop)

    def wire(self, source="127.0.0.1", **options):
        wire = Wire(self.portal, source, **options)
        self.addCleanup(wire.close)
        return wire

    def said_to(self, octets, patience=5):
        """The answers to these octets when the client says nothing more, and whether the connection ended within so many seconds."""
        wire = self.wire(timeout=20)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            wire.socket.sendall(octets)
        wire.hear()
        wire.socket.settimeout(patience)
        try:
            return wire.hear_all(), True
        except TimeoutError:
            return wire.answers(), False

    def served(self, source="127.0.0.99"):
        """How long another visitor waited."""
        began = time.monotonic()
        self.assertEqual(self.portal.visitor(source).get("/style.css").status, 200)
        return time.monotonic() - began


class Requests(Door):
    def test_what_could_be_two_requests_is_none(self):
        """The last of these octets are a request of somebody else, as a proxy that reads lengths otherwise would have it."""
        body = b"0\r\n\r\n"
        for name, request in {
                "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + body,
                "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + body,
                "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n" + body,
                "the same length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n" + body,
                "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\n" + body,
                "a negative length": POST + b"Content-Length: -1\r\n\r\n" + body,
                "a length with a sign": POST + b"Content-Length: +5\r\n\r\n" + body,
                "a length beyond 64 bits": POST + b"Content-Length: 18446744073709551621\r\n\r\n" + body,
                "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + body,
                "an unknown coding with a length": POST + b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n" + body,
                "chunks inside another coding": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + body,
                "a blank before the colon": POST + b"Content-Length : 5\r\n\r\n" + body,
                "a folded field": POST + b"X: a\r\n Content-Length: 5\r\n\r\n" + body,
                "a folded first field": POST.replace(b"\r\nHost", b"\r\n X: y\r\nHost") + b"Content-Length: 5\r\n\r\n" + body,
                "line feeds alone": (POST + b"Content-Length: 5\r\n\r\n").replace(b"\r\n", b"\n") + body,
                "a carriage return alone": POST + b"X: a\rContent-Length: 5\r\n\r\n" + body,
                "a NUL in a field": POST + b"X: a\0\r\nContent-Length: 5\r\n\r\n" + body,
                "a chunk's length of 17 digits": chunked(b"10000000000000005\r\nhello\r\n", body),
                "a chunk with a sign": chunked(b"+5\r\nhello\r\n", body),
                "a chunk in 0x": chunked(b"0x5\r\nhello\r\n", body),
                "a chunk that ends in a line feed": chunked(b"5\nhello\r\n", body),
                "a chunk that is longer than it says": chunked(b"2\r\nhello\r\n", body),
                "a body that a GET says and has not": GET[:-2] + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        }.items():
            with self.subTest(name):
                answers, ended = self.said_to(request + HIDDEN)
                self.assertEqual([status for status, _, _ in answers], [400], answers)
                self.assertTrue(ended)
                self.assertIn(b"\r\nConnection: close", answers[0][1])
        self.served()

    def test_requests_that_come_together_are_answered_one_by_one(self):
        wire = self.wire()
        form = b"Content-Type: application/x-www-form-urlencoded\r\n"
        wire.socket.sendall(GET + POST + form + b"Content-Length: 5\r\n\r\nlink=" + POST + form + b"Transfer-Encoding: chunked\r\n\r\n5\r\nlink=\r\n0\r\n\r\n" +
                            HIDDEN + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + HIDDEN)
        self.assertEqual([status for status, _, _ in wire.hear_all()], [200, 404, 404, 404, 200])

    def test_each_has_its_status(self):
        host = b"Host: " + HOST.encode() + b"\r\n"
        for name, request, status, ends in (
                ("no host", b"GET / HTTP/1.1\r\n\r\n", 400, True),
                ("two hosts", b"GET / HTTP/1.1\r\n" + host + b"Host: evil.example\r\n\r\n", 400, True),
                ("another host", b"GET /m/a/b HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, False),
                ("a host with a line in it", b"GET / HTTP/1.1\r\nHost: " + HOST.encode() + b"%0d%0aX: y\r\n\r\n", 400, True),
                ("for a proxy", b"GET https://" + HOST.encode() + b"/style.css HTTP/1.1\r\n" + host + b"\r\n", 400, True),
                ("for a proxy, another host", b"GET https://evil.example/ HTTP/1.1\r\n" + host + b"\r\n", 400, True),
                ("HTTP/1.0", b"GET /style.css HTTP/1.0\r\n" + host + b"\r\n", 505, True),
                ("HTTP/0.9", b"GET /style.css\r\n\r\n", 400, True),
                ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, True),
                ("CONNECT", b"CONNECT evil.example:443 HTTP/1.1\r\n" + host + b"\r\n", 400, True),
                ("TRACE", b"TRACE / HTTP/1.1\r\n" + host + b"\r\n", 405, True),
                ("OPTIONS", b"OPTIONS / HTTP/1.1\r\n" + host + b"\r\n", 405, True),
                ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\n" + host + b"\r\n", 400, True),
                ("DELETE", b"DELETE /read HTTP/1.1\r\n" + host + b"\r\n", 405, True),
                ("a long target", b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n" + host + b"\r\n", 400, True),
                ("a long field", b"GET / HTTP/1.1\r\n" + host + b"X: " + b"x" * 20_000 + b"\r\n\r\n", 431, True),
                ("many fields", b"GET / HTTP/1.1\r\n" + host + b"X: y\r\n" * 5_000 + b"\r\n", 431, True),
                ("a body that is too long", POST + b"Content-Length: 4097\r\n\r\n" + HIDDEN, 413, False),  # it is let come, and forgotten
                ("a body of all memory", POST + b"Content-Length: 18446744073709551615\r\n\r\n" + HIDDEN, 413, False),
                ("a chunk that is too long", chunked(b"ffffffffffffffff\r\n"), 413, True),
                ("chunks that are too long", chunked(b"1000\r\n" + b"x" * 4096 + b"\r\n1\r\nx\r\n0\r\n\r\n"), 413, True),
                ("an extension without end", chunked(b"1;" + b"x" * 100_000), 431, True),
                ("fields behind the chunks", chunked(b"0\r\nX: " + b"x" * 100_000), 431, True),
                ("TLS inside TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, True)):
            with self.subTest(name):
                answers, ended = self.said_to(request, patience=5 if ends else 1)
                self.assertEqual(([one[0] for one in answers], ended), ([status], ends))
        self.served()

    def test_what_has_no_end_takes_no_memory(self):
        """An extension of a chunk is none of its body, and no limit of the parser's."""
        with Peak(self.portal.process.pid) as peak:
            for source in CLIENTS:
                wire = self.wire(source)
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    wire.socket.sendall(chunked(b"1;") + b"x" * 4_000_000)
        self.assertLess(peak.growth / MIB, 16)
        self.served()

    def test_one_address_has_so_many_places_and_others_have_theirs(self):
        held = [self.wire("127.0.3.1") for _ in range(100)]
        with self.assertRaises(OSError):
            self.wire("127.0.3.1")
        self.served()
        held.pop().close()
        self.assertTrue(wait_until(lambda: not self.is_refused("127.0.3.1")))

    def is_refused(self, source):
        try:
            self.wire(source)
        except OSError:
            return True
        return False


class SlowClients(Door):
    def test_who_takes_for_ever_is_left_and_others_are_served(self):
        """All at once: a request's head, its body and the handshake, an octet a second. Only who has asked for nothing yet may stay so long."""
        slow = {"head": b"GET /style.css HTTP/1.1\r\nHost: " + b"x" * 200, "length": POST + b"Content-Length: 100\r\n\r\n", "chunks": chunked(b"64\r\n"),
                "extension": chunked(b"1;")}
        wires = {name: [self.wire(source) for source in CLIENTS[:5]] for name in slow}
        shaking = [socket.create_connection(("127.0.0.1", self.portal.port), timeout=20, source_address=(source, 0)) for source in CLIENTS[:5]]
        idle = self.wire()
        began, ended, waited = time.monotonic(), {}, []
        for name, some in wires.items():
            for wire in some:
                wire.socket.setblocking(False)
                wire.socket.send(slow[name][:len(slow[name]) // 2] if name == "head" else slow[name])
        for raw in shaking:
            self.addCleanup(raw.close)
            raw.setblocking(False)
        with Peak(self.portal.process.pid) as peak:
            while time.monotonic() - began < 2 * PATIENCE and len(ended) < 5 * len(slow) + len(shaking):
                for name, some in wires.items():
                    for number, wire in enumerate(some):
                        if (name, number) not in ended and self.has_ended(wire.socket, b"x"):
                            ended[name, number] = time.monotonic() - began
                for number, raw in enumerate(shaking):
                    if ("handshake", number) not in ended and self.has_ended(raw, b"\x16"):
                        ended["handshake", number] = time.monotonic() - began
                waited.append(self.served())
                time.sleep(1)
        self.assertEqual({name for name, _ in ended}, {*slow, "handshake"})
        self.assertEqual(len(ended), 5 * len(slow) + len(shaking), sorted(ended))
        self.assertLess(max(when for (name, _), when in ended.items() if name == "handshake"), PATIENCE)
        self.assertLess(max(waited), 5)
        self.assertLess(peak.growth / MIB, 16)
        idle.socket.sendall(GET)
        idle.hear()
        self.assertTrue(idle.said.startswith(b"HTTP/1.1 200"))

    @staticmethod
    def has_ended(one, octet):
        """After one octet more."""
        try:
            one.send(octet)
            return one.recv(100) == b""
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:
            return True


class NewCertificate(Door):
    def test_without_a_restart(self):
        old, before = self.certificate(), self.wire()
        (self.portal.folder / "tls.key").write_text("nothing of the kind\n")
        self.reload("what was in force stays in force")
        self.assertEqual(self.certificate(), old)
        certificate, key = self.stage.authority.server(HOST, names=[HOST, "new.example"])
        (self.portal.folder / "tls.crt").write_bytes(Path(certificate).read_bytes())
        (self.portal.folder / "tls.key").write_bytes(Path(key).read_bytes())
        self.reload("certificate read")
        self.assertEqual(self.certificate(), ssl.PEM_cert_to_DER_cert(Path(certificate).read_text()))
        before.socket.sendall(GET)  # whoever was connected goes on
        before.hear()
        self.assertTrue(before.said.startswith(b"HTTP/1.1 200"))

    def reload(self, said):
        seen = len(self.portal.log_file.read_text())
        self.portal.process.send_signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: said in self.portal.log_file.read_text()[seen:]), self.portal.log_file.read_text())

    def certificate(self):
        return self.wire().socket.getpeercert(binary_form=True)


@unittest.skipUnless(FULL, "who never reads is waited for: POSTERN_FULL=1")
class NeverRead(PortalScene):
    LARGE, READERS = 8 << 20, 20

    def test_a_large_message_that_is_asked_for_and_not_read(self):
        self.begin()
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, ["bob@lab.example"], letter((b"x" * 70 + b"\r\n") * (self.LARGE // 72), subject=b"[secure] large"))[-1].code, 250)
        self.assertTrue(self.lab.wait(1))
        visitor = self.portal.visitor()
        page = visitor.press(visitor.get(self.portal.path_in(words_of(self.lab.messages[0]))).form("/code"))
        self.assertTrue(self.lab.wait(2))
        visitor.press(page.form("/open"), code=re.search(r"\b\d{6}\b", words_of(self.lab.messages[1]))[0])
        ask = GET.replace(b"/style.css", b"/read/original").replace(b"\r\n\r\n", b"\r\nCookie: " + visitor.cookie.encode() + b"\r\n\r\n")
        began = time.monotonic()
        with Peak(self.portal.process.pid) as peak:
            wires = [Wire(self.portal, CLIENTS[0], window=4096) for _ in range(self.READERS)]
            for wire in wires:
                self.addCleanup(wire.close)
                wire.socket.sendall(ask)
            waited = []
            port = f":{self.portal.port:04X}"
            still = lambda: len([1 for line in Path("/proc/net/tcp").read_text().splitlines() if port in line.split()[1] and "010002" not in line.split()[1]
                                 and line.split()[3] == "01" and line.split()[2].startswith("0102007F")])
            while still() and time.monotonic() - began < 120:
                time.sleep(1)
                asked = time.monotonic()
                self.assertEqual(self.portal.visitor("127.0.0.99").get("/style.css").status, 200)
                waited.append(time.monotonic() - asked)
            left_after = time.monotonic() - began
        self.assertEqual(still(), 0, "they are still waited for")
        print({**peak.in_mib(), "left_after": round(left_after)}, end=" ", flush=True)
        self.assertGreater(left_after, 5, "nobody was waited for: the test proves nothing")
        self.assertLess(max(waited), 30)  # large messages and small pages have the same workers
        self.assertLess(peak.growth / MIB, 32 + 1.5 * self.READERS * self.LARGE / MIB)
        results.write("portal-never-read", readers=self.READERS, octets=self.LARGE, left_after=round(left_after), others_waited_at_most=round(max(waited), 1), **peak.in_mib())


if __name__ == "__main__":
    unittest.main()
