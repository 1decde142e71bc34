"""Many readers at once, and many who only hold a connection: what the portal takes of memory, and that others are still served.

The long form (POSTERN_FULL=1): 200 readers of 1 MB within 512 MiB, 90 downloads of 25 MiB that nobody fetches, 1,000 idle connections."""
import base64
import hashlib
import os
import socket
import threading
import unittest

import results
from crowd import FULL, MIB
from memory import Peak
from portal import HOST
from portal_scene import PortalScene, words_of
from scene import ANN, letter

READERS, IDLE, MEMORY = (200, 1_000, 512) if FULL else (20, 100, 128)  # MEMORY in MiB
EACH = 256 << 10  # octets that an idle connection may take, TLS included
UNFETCHED, LARGE = (90, 25) if FULL else (40, 4)  # downloads, MiB of the file
LINE = b"0123456789abcdefghijklmnopqrstuvwxyz+/ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567\r\n"


def with_file(text, octets):
    """The letter with a file."""
    header, _, body = text.partition(b"\r\n\r\n")
    return b"\r\n".join([header, b"MIME-Version: 1.0", b"Content-Type: multipart/mixed; boundary=b", b"", b"--b", b"", body, b"--b",
                         b"Content-Type: application/octet-stream; name=large.bin", b"Content-Transfer-Encoding: base64", b"",
                         base64.encodebytes(octets).replace(b"\n", b"\r\n") + b"--b--", b""])


def unfetched(visitor, path):
    """A connection on which a visitor has asked for it; it takes little before it is read."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(60)
    raw.connect(("127.0.0.1", visitor.portal.port))
    connection = visitor.portal.context.wrap_socket(raw, server_hostname=HOST)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {visitor.cookie}\r\n\r\n".encode())
    return connection


class Load(PortalScene):
    def setUp(self):
        super().setUp()
        self.portal.configure(top="per_client = 2000\n")
        self.begin()

    def enter(self, recipients, text):
        """A visitor for each, with an open session."""
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, recipients, text)[-1].code, 250)
        self.assertTrue(self.lab.wait(len(recipients), 120), len(self.lab.messages))
        visitors, pages = {}, {}
        for number, message in enumerate(list(self.lab.messages)):
            one = message.recipients[0]
            visitors[one] = self.portal.visitor(f"127.0.1.{1 + number // 20}")
            page = visitors[one].get(self.portal.path_in(words_of(message)))
            pages[one] = visitors[one].press(page.form("/code"))
        self.assertTrue(self.lab.wait(2 * len(recipients), 120), "the codes did not all come")
        for message in self.lab.messages[len(recipients):]:
            one = message.recipients[0]
            code = next(word for word in words_of(message).replace(".", " ").split() if word.isdigit() and len(word) == 6)
            self.assertEqual(visitors[one].press(pages[one].form("/open"), code=code).status, 200)
        return list(visitors.values())

    def test_many_read_a_large_message_at_once(self):
        text = letter(LINE * (1_048_576 // len(LINE)), subject=b"[secure] large")
        visitors = self.enter([f"r{number}@lab.example" for number in range(READERS)], text)
        together, wrong = threading.Barrier(READERS), []

        def read(visitor):
            together.wait()
            page, original = visitor.get("/read"), visitor.get("/read/original")
            if page.status != 200 or hashlib.sha256(original.body[-len(LINE) * 100:]).digest() != hashlib.sha256(LINE * 100).digest():
                wrong.append((page.status, original.status, len(original.body)))
        with Peak(self.portal.process.pid) as peak:
            threads = [threading.Thread(target=read, args=(visitor,), daemon=True) for visitor in visitors]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(180)
        self.assertEqual(wrong, [])
        print(peak.in_mib(), end=" ", flush=True)
        self.assertLess(peak.growth / MIB, MEMORY)
        if FULL:
            results.write("portal-readers", readers=READERS, **peak.in_mib())

    def test_downloads_that_nobody_fetches_cost_a_piece_each(self):
        """A person's every connection asks for a large file and takes none of it; another person reads on, and one who takes it slowly gets it whole."""
        large = os.urandom(LARGE * MIB)
        text = with_file(letter(b"see file\r\n", subject=b"[secure] large"), large)
        greedy, other = self.enter(["greedy@lab.example", "other@lab.example"], text)
        held = []
        self.addCleanup(lambda: [one.close() for one in held])
        with Peak(self.portal.process.pid) as peak:
            for number in range(UNFETCHED):
                held.append(unfetched(greedy, ("/read/attachment/0", "/read/original")[number % 2]))
            for one in held:
                self.assertIn(one.recv(12), (b"HTTP/1.1 200", b"HTTP/1.1 503"))
            self.assertEqual(other.get("/read").status, 200)
            self.assertEqual(hashlib.sha256(other.get("/read/attachment/0").body).digest(), hashlib.sha256(large).digest())
        print(peak.in_mib(), end=" ", flush=True)
        self.assertLess(peak.growth, UNFETCHED * MIB)
        if FULL:
            results.write("portal-unfetched", downloads=UNFETCHED, each_mib=LARGE, **peak.in_mib())

    def test_who_only_holds_a_connection_costs_almost_nothing(self):
        held = []
        self.addCleanup(lambda: [one.close() for one in held])
        visitor = self.portal.visitor()
        visitor.get("/style.css")
        with Peak(self.portal.process.pid) as peak:
            for _ in range(IDLE):
                raw = socket.create_connection(("127.0.0.1", self.portal.port), timeout=20)
                held.append(self.portal.context.wrap_socket(raw, server_hostname="secure.clinic.example"))
            self.assertEqual(visitor.get("/style.css").status, 200)
        print(peak.in_mib(), end=" ", flush=True)
        self.assertLess(peak.growth / IDLE, EACH)
        if FULL:
            results.write("portal-idle", connections=IDLE, **peak.in_mib())


if __name__ == "__main__":
    unittest.main()
