"""Nothing but CRLF.CRLF ends a message: cases/smtp/end-of-data.jsonl through the whole gateway into a server, three ways."""
import json
import os
import re
import unittest
from pathlib import Path

from gateway import REPOSITORY
from scene import Scene, below_trace

SHARED = Path(os.environ.get("POSTERN_SHARED", REPOSITORY.parent / "shared"))
HEAD = b"From: Ann <ann@clinic.example>\r\nTo: bob@good.example\r\nSubject: octets\r\n"

# What becomes of each row of cases/smtp/end-of-data.jsonl: by DATA, by BDAT where a bare LF is refused, by BDAT where it is
# mended. "CR", "LF", "NUL": refused with 550 that names it; "mended": one message, its LFs made CRLF; "two": both messages.
END_OF_DATA = {
    "lflf": ("LF", "LF", "mended"),
    "crcr": ("CR", "CR", "CR"),
    "crlf": ("CR", "CR", "CR"),
    "lfcr": ("LF", "LF", "CR"),
    "lfcrlf": ("LF", "LF", "mended"),
    "crlflf": ("LF", "LF", "mended"),
    "crcrlf": ("CR", "CR", "CR"),
    "crlfcr": ("CR", "CR", "CR"),
    "nullbefore": ("NUL", "NUL", "NUL"),
    "nullafter": ("NUL", "NUL", "NUL"),
    "crlf-dot-crcrlf": ("CR", "CR", "CR"),
    "crcrlf-dot-crcrlf": ("CR", "CR", "CR"),
    "pipelining-after-dot": ("two", "two", "two"),
}
NAMED = {"CR": "A CR without LF", "LF": "An LF without CR", "NUL": "A NUL octet"}


class EndOfData(Scene):
    second = b"MAIL FROM:<ann@clinic.example>\r\nRCPT TO:<bob@good.example>\r\n"

    @classmethod
    def setUpClass(cls):
        path = SHARED / "cases" / "smtp" / "end-of-data.jsonl"
        if not path.exists():
            raise unittest.SkipTest(f"{path} is missing: set POSTERN_SHARED")
        cls.rows = {row["name"]: row for row in map(json.loads, path.read_text().splitlines()[1:])}
        super().setUpClass()

    def test_the_table_names_every_row(self):
        self.assertEqual(set(self.rows), set(END_OF_DATA))

    def test_by_data(self):
        self.each(0, "m365", chunked=False)

    def test_by_bdat_that_refuses_bare_lf(self):
        self.each(1, "strict", chunked=True)

    def test_by_bdat_that_mends_bare_lf(self):
        self.each(2, "m365", chunked=True)

    def each(self, column, listener, chunked):
        for name, row in self.rows.items():
            with self.subTest(name):
                expected = END_OF_DATA[name][column]
                if expected == "two":
                    self.pipelined(listener, chunked)
                else:
                    self.one(bytes.fromhex(row["bytes_hex"]), expected, listener, chunked)

    def one(self, octets, expected, listener, chunked):
        """The octets, then what a fooled server would take for a second message; whole, as one body."""
        before = len(self.good.messages)
        body = HEAD + b"\r\nline" + octets + self.second + b"DATA\r\n" + HEAD + b"\r\nsmuggled\r\n"
        with self.gateway.sender(listener) as exchange:
            self.assertTrue(all(reply.code == 250 for reply in exchange.envelope("ann@clinic.example", ["bob@good.example"])))
            if chunked:
                reply = exchange.bdat(body, [len(body)])[-1]
            else:
                self.assertEqual(exchange.command(b"DATA").code, 354)
                exchange.wire.send(body + b".\r\n")  # not stuffed: the octets as they are
                reply = exchange.read()
            self.assertEqual(exchange.command(b"NOOP").code, 250, "the replies are out of step")
        if expected in NAMED:
            self.assertEqual(reply.code, 550, reply.text)
            self.assertIn(NAMED[expected], reply.text)
            self.assertEqual(self.gateway.queue(), [])
            self.assertEqual(len(self.good.messages), before)
            return
        self.assertEqual(reply.code, 250, reply.text)
        message = self.arrived_as(reply)
        self.assertEqual(below_trace(message.body), re.sub(rb"(?<!\r)\n", b"\r\n", body))
        self.assertIsNone(re.search(rb"\0|\r(?!\n)|(?<!\r)\n", message.raw), "left the gateway with a bare CR, LF or NUL")
        self.assertEqual(len(self.good.messages), before + 1)

    def pipelined(self, listener, chunked):
        """The second transaction in the same write as the end of the first."""
        body = HEAD + b"\r\nfirst\r\n"
        with self.gateway.sender(listener) as exchange:
            exchange.envelope("ann@clinic.example", ["bob@good.example"])
            if chunked:
                again = HEAD + b"\r\nsecond\r\n"
                exchange.wire.send(b"BDAT %d LAST\r\n" % len(body) + body + self.second + b"BDAT %d LAST\r\n" % len(again) + again)
                replies = [exchange.read() for _ in range(4)]
                codes = [250, 250, 250, 250]
            else:
                self.assertEqual(exchange.command(b"DATA").code, 354)
                exchange.wire.send(body + b".\r\n" + self.second + b"DATA\r\n")
                replies = [exchange.read() for _ in range(4)]
                exchange.wire.send(HEAD + b"\r\nsecond\r\n.\r\n")
                replies.append(exchange.read())
                codes = [250, 250, 250, 354, 250]
            self.assertEqual([reply.code for reply in replies], codes)
        for reply, word in ((replies[0], b"first"), (replies[-1], b"second")):
            message = self.arrived_as(reply)
            self.assertTrue(message.body.endswith(b"\r\n" + word + b"\r\n"))
