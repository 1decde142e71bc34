"""One gateway and its neighbours: octets that must not change, senders who must not get through, faults that must be clear,
and content that must be nowhere outside the message."""
import base64
import json
import os
import random
import re
import shutil
import socket
import tempfile
import unittest
from pathlib import Path

from certs import Authority
from gateway import POLICY, REPOSITORY, Ended, free_port, wait_until
from sender import queue_id
from stage import Stage

SHARED = Path(os.environ.get("POSTERN_SHARED", REPOSITORY.parent / "shared"))
HEAD = b"From: Ann <ann@clinic.example>\r\nTo: bob@lab.example\r\nSubject: octets\r\n"
TRACE = re.compile(rb"Received: [^\r\n]*\r\n(?:[\t ][^\r\n]*\r\n)*")


class Outside(unittest.TestCase):
    """A stage and one gateway for all tests of a class."""
    listeners = ("normalise", "refuse")
    policy = POLICY

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="postern-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.stage = Stage(cls.folder)
        cls.addClassCleanup(cls.stage.close)
        cls.lab = cls.stage.open("lab.example")
        cls.gateway = cls.stage.gateway(listeners=cls.listeners, policy=cls.policy, start=False)
        cls.gateway.bdat_bare_lf["refuse"] = "refuse"
        cls.gateway.write_configuration()
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop)

    def send(self, body, chunks=None, listener="normalise", to="bob@lab.example", sender="ann@clinic.example"):
        with self.gateway.sender(listener) as exchange:
            return exchange.send(sender, [to], body, chunks=chunks)[-1]

    def arrived(self, reply, count=1):
        """The messages with this queue id in our trace header."""
        number = queue_id(reply).encode()

        def found():
            return [message for message in self.lab.messages if number in message.body[:1000]]
        wait_until(lambda: len(found()) >= count, timeout=20)
        return found()


class OctetsStayTheSame(Outside):
    def relayed(self, body, chunks=None, expected=None, listener="normalise"):
        reply = self.send(body, chunks, listener)
        self.assertEqual(reply.code, 250, reply.text)
        messages = self.arrived(reply)
        self.assertEqual(len(messages), 1)
        received, expected = messages[0].body, body if expected is None else expected
        trace = TRACE.match(received)
        self.assertIsNotNone(trace, received[:200])
        if received[trace.end():] != expected:  # assertEqual would print 60,000 octets
            at = next((i for i, (a, b) in enumerate(zip(received[trace.end():], expected)) if a != b), "the end")
            self.fail(f"octets differ from {at} on; {len(received) - trace.end()} came of {len(expected)}")

    def both_ways(self, body):
        with self.subTest("DATA"):
            self.relayed(body)
        with self.subTest("BDAT"):
            self.relayed(body, chunks=[1, 2, 97, 4096])

    def test_eight_bit_octets(self):
        self.both_ways(HEAD + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + bytes(range(128, 256)) * 3 + b"\r\n")

    def test_every_octet_that_mail_may_hold(self):
        allowed = bytes(octet for octet in range(1, 256) if octet not in (10, 13))
        self.both_ways(HEAD + b"\r\n" + allowed + b"\r\n")

    def test_lines_up_to_sixty_thousand_octets(self):
        for length in (997, 998, 999, 1000, 2048, 16384, 60000):
            with self.subTest(length):
                self.both_ways(HEAD + b"\r\n" + b"x" * length + b"\r\nend\r\n")

    def test_leading_dots(self):
        self.both_ways(HEAD + b"\r\n.\r\n..\r\n...\r\n.a\r\n..b\r\n \r\n.. \r\n.\r\n")

    def test_empty_lines_and_blanks_at_line_ends(self):
        self.both_ways(HEAD + b"\r\n\r\n\r\na  \r\n\t\r\n\r\n\r\n")

    def test_headers_are_not_reformatted(self):
        self.both_ways(b"DKIM-Signature: v=1; a=rsa-sha256;c=simple/simple;  d=clinic.example;\r\n\ts=p1; h=from:to:subject ;\r\n"
                       b"   bh=AAAA=;b=BBBB\r\n\t CCCC==\r\nX-Odd   :  two  blanks \r\nSUBJECT: =?utf-8?q?=E2=82=AC?=\r\n"
                       b"From: Ann <ann@clinic.example>\r\nX-Empty:\r\n\r\nbody\r\n")

    def test_a_message_without_a_body(self):
        self.both_ways(HEAD)

    def test_a_message_larger_than_a_spool_chunk(self):
        lines = random.Random(3).randbytes(600_000).hex().encode()
        body = HEAD + b"\r\n" + b"".join(lines[i:i + 76] + b"\r\n" for i in range(0, len(lines), 76))
        with self.subTest("DATA"):
            self.relayed(body)
        for chunks in ([262144], [1, 262143, 1, 262144], [99991], [1_000_000_000]):
            with self.subTest(chunks=chunks):
                self.relayed(body, chunks=chunks)

    def test_bdat_with_arbitrary_octets_in_odd_chunks(self):
        seed = random.Random(11)
        for run in range(6):
            lines = [bytes(seed.choice(range(1, 256)) for _ in range(seed.randrange(0, 300))) for _ in range(40)]
            text = b"\r\n".join(line.replace(b"\r", b"").replace(b"\n", b".") for line in lines) + b"\r\n"
            with self.subTest(run):
                self.relayed(HEAD + b"\r\n" + text, chunks=[seed.randrange(1, 400) for _ in range(5)], listener="refuse")

    def test_crlf_cut_by_a_chunk_border(self):
        body = HEAD + b"\r\n.\r\n"
        for size in range(1, 8):
            with self.subTest(size):
                self.relayed(body, chunks=[size])

    def test_a_last_line_without_its_end_gets_one(self):
        self.relayed(HEAD + b"\r\nno end", chunks=[5], expected=HEAD + b"\r\nno end\r\n")

    def test_a_bare_lf_in_bdat_becomes_crlf_where_the_listener_says_so(self):
        body = HEAD + b"\r\na\nb\n\nc\r\n.\nd\r\n"
        self.relayed(body, chunks=[3], expected=HEAD + b"\r\na\r\nb\r\n\r\nc\r\n.\r\nd\r\n")


class OnlyTheTenantRelays(Outside):
    def setUp(self):
        self.before = len(self.lab.messages)

    def tearDown(self):
        self.assertEqual(self.gateway.queue(), [])
        self.assertEqual(len(self.lab.messages), self.before, "something was relayed")

    def refused(self, exchange, why, sender="ann@clinic.example", body=HEAD + b"\r\nx\r\n"):
        count = len(self.gateway.events(event="rejected"))
        reply = exchange.send(sender, ["bob@lab.example"], body)
        bad = next((one for one in reply if one.code >= 400), None)
        self.assertIsNotNone(bad, "it was accepted")
        self.assertEqual(bad.code, 550, bad.text)
        events = self.gateway.wait_for(event="rejected", count=count + 1, timeout=5)
        self.assertEqual(len(events), count + 1, "no event tells of it")
        self.assertEqual(events[-1]["reason"], why)

    def test_no_client_certificate(self):
        with self.gateway.sender(certificate=None) as exchange:
            self.refused(exchange, "certificate")

    def test_a_certificate_of_the_right_authority_for_another_name(self):
        with self.gateway.sender(certificate=self.stage.authority.client("other.example")) as exchange:
            self.refused(exchange, "certificate")

    def test_a_certificate_for_the_right_name_of_another_authority(self):
        other = Authority(self.folder / "other-authority")
        with self.gateway.sender(certificate=other.client("mail.clinic.example")) as exchange:
            self.refused(exchange, "certificate")

    def test_another_envelope_sender(self):
        with self.gateway.sender() as exchange:
            for sender in ("ann@other.example", "ann@sub.clinic.example", "ann@clinic.example.evil.example"):
                with self.subTest(sender):
                    self.refused(exchange, "mail-from", sender=sender)

    def test_another_from(self):
        lines = (b"From: ann@other.example", b"From: \"ann@clinic.example\" <ann@other.example>", b"From: ann@clinic.example, x@other.example",
                 b"From: ann@clinic.example\r\nFrom: x@other.example", b"Sender: ann@clinic.example", b"From: nobody at all")
        with self.gateway.sender() as exchange:
            for line in lines:
                for sender in ("ann@clinic.example", ""):
                    with self.subTest(line, sender=sender):
                        self.refused(exchange, "from", sender=sender, body=line + b"\r\nSubject: x\r\n\r\nx\r\n")

    def test_nothing_before_starttls(self):
        with self.gateway.sender(starttls=False) as exchange:
            reply = exchange.send("ann@clinic.example", ["bob@lab.example"], HEAD)
            self.assertEqual(reply[0].code, 530)


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


class OnlyOneEndOfData(Outside):
    second = b"MAIL FROM:<ann@clinic.example>\r\nRCPT TO:<bob@lab.example>\r\n"

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
        self.each(0, "normalise", chunked=False)

    def test_by_bdat_that_refuses_bare_lf(self):
        self.each(1, "refuse", chunked=True)

    def test_by_bdat_that_mends_bare_lf(self):
        self.each(2, "normalise", chunked=True)

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
        before = len(self.lab.messages)
        body = HEAD + b"\r\nline" + octets + self.second + b"DATA\r\n" + HEAD + b"\r\nsmuggled\r\n"
        with self.gateway.sender(listener) as exchange:
            self.assertTrue(all(reply.code == 250 for reply in exchange.envelope("ann@clinic.example", ["bob@lab.example"])))
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
            self.assertEqual(len(self.lab.messages), before)
            return
        self.assertEqual(reply.code, 250, reply.text)
        (message,) = self.arrived(reply)
        self.assertEqual(message.body[TRACE.match(message.body).end():], re.sub(rb"(?<!\r)\n", b"\r\n", body))
        self.assertIsNone(re.search(rb"\0|\r(?!\n)|(?<!\r)\n", message.raw), "left the gateway with a bare CR, LF or NUL")
        self.assertEqual(len(self.lab.messages), before + 1)

    def pipelined(self, listener, chunked):
        """The second transaction in the same write as the end of the first."""
        body = HEAD + b"\r\nfirst\r\n"
        with self.gateway.sender(listener) as exchange:
            exchange.envelope("ann@clinic.example", ["bob@lab.example"])
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
            (message,) = self.arrived(reply)
            self.assertTrue(message.body.endswith(b"\r\n" + word + b"\r\n"))


class WrongSettings(unittest.TestCase):
    """One clear line on standard error, and the exit code of docs/operations.md."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="postern-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.stage = Stage(cls.folder)
        cls.addClassCleanup(cls.stage.close)

    def setUp(self):
        self.gateway = self.stage.gateway(name=self.id().rsplit(".", 1)[-1], start=False)

    def ends(self, code, *words):
        with self.assertRaises(Ended) as caught:
            self.gateway.start()
            self.gateway.stop()
        self.assertEqual(caught.exception.code, code, caught.exception.said)
        lines = caught.exception.said.strip().splitlines()
        self.assertEqual(len(lines), 1, lines)
        for word in words:
            self.assertIn(word, lines[0])

    def test_an_unknown_key(self):
        text = self.gateway.configuration.read_text().replace("hostname =", "hostnam =")
        self.gateway.configuration.write_text(text + '\n')
        with self.assertRaises(Ended) as caught:
            self.gateway.start()
        self.assertEqual(caught.exception.code, 3)
        self.assertIn("postern.toml:2:", caught.exception.said)
        self.assertIn("'hostname'", caught.exception.said)

    def test_a_wrong_value(self):
        self.gateway.delivery["retry"] = ["2s", "1s"]
        self.gateway.write_configuration()
        self.ends(3, "postern.toml:6:")

    def test_a_wrong_rule(self):
        policy = self.gateway.folder / "policy.d" / "demo.toml"
        policy.write_text(policy.read_text().replace('action = "refuse"', 'action = "refuze"'))
        self.ends(3, "demo.toml:", "refuze", "refuse")

    def test_a_key_that_is_not_there(self):
        (self.gateway.folder / "tls.key").unlink()
        self.ends(4, "tls.key")

    def test_a_key_that_is_for_another_certificate(self):
        (self.gateway.folder / "tls.key").write_bytes(Path(self.stage.authority.server("another.example")[1]).read_bytes())
        self.ends(4, "m365", "does not belong")

    def test_a_key_that_is_no_key(self):
        (self.gateway.folder / "tls.key").write_text("nothing of the kind\n")
        self.ends(4, "m365", "key")

    def test_a_key_encryption_key_that_is_too_short(self):
        (self.gateway.folder / "kek").write_text("abcd\n")
        self.ends(4, "spool.kek")

    def test_a_port_in_use(self):
        port = self.gateway.ports["m365"]
        with socket.create_server(("127.0.0.1", port)):
            self.ends(6, str(port))

    def test_a_spool_that_is_sealed_with_another_key(self):
        self.gateway.start()
        self.assertEqual(self.gateway.stop(), 0)
        (self.gateway.folder / "kek").write_text("00" * 32 + "\n")
        self.ends(5)

    def test_a_spool_that_is_in_use(self):
        self.gateway.start()
        first, self.gateway.process = self.gateway.process, None
        try:
            self.gateway.ports["m365"] = free_port()
            self.gateway.write_configuration()
            self.ends(5)
        finally:
            first.terminate()
            self.assertEqual(first.wait(30), 0)


MARKER = "Zw7Quokka"


def forms(word):
    """The ways in which a word may stand in a file: as it is, in UTF-16, in hexadecimal digits, in base64 at each alignment."""
    plain = word.encode()
    found = {plain, word.encode("utf-16-le"), plain.hex().encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        found.add(coded[(shift * 8 + 5) // 6:len(coded) - 4])  # the ends depend on the neighbours
    return {form.lower() for form in found}


def places_of(word, folder, texts=()):
    """Files under `folder`, by content or name, and numbers of the texts that hold the word in any form."""
    wanted = forms(word)
    found = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))
             if any(form in str(path.relative_to(folder)).lower().encode() for form in wanted)
             or path.is_file() and any(form in path.read_bytes().lower() for form in wanted)]
    return found + [f"text {i}" for i, text in enumerate(texts) if any(form in text.lower() for form in wanted)]


class NoContentOutsideTheMessage(Outside):
    listeners = ("normalise",)
    policy = POLICY + """
[[rule]]
name = "marked"
when.subject = "Held"
then = { action = "quarantine", reason = "For a reviewer" }
"""

    def body(self, to, subject, header=b""):
        name = f"{MARKER}-file.txt".encode()
        return (b"From: " + MARKER.encode() + b" Ann <ann@clinic.example>\r\nTo: <" + to.encode() + b">\r\nSubject: " + subject.encode() + b" "
                + MARKER.encode() + b"\r\n" + header + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                b"Content-Type: text/plain\r\n\r\n" + MARKER.encode() + b" 536-22-1234\r\n--b\r\nContent-Type: text/plain; name=\"" + name
                + b"\"\r\nContent-Disposition: attachment; filename=\"" + name + b"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + base64.b64encode(MARKER.encode() * 5) + b"\r\n--b--\r\n")

    def test_a_marker_is_nowhere(self):
        said = f"{MARKER} says the peer"
        self.stage.open("plain.example", certificate=None)
        self.stage.open("no.example", scripted={"greeting": f"554 {said}\r\n"})
        self.stage.open("later.example", scripted={"ehlo": f"451 4.7.1 {said}\r\n"})
        self.stage.open("starttls.example", scripted={"starttls": f"454 4.7.0 {said}\r\n"})
        self.stage.open("refuses.example", refuse_rcpt=f"550 5.1.1 {said}\r\n")
        replies, ways = [], {
            "bob@lab.example": "delivered", "x@plain.example": "held", "x@no.example": "deferred", "x@later.example": "deferred",
            "x@starttls.example": "deferred", "x@refuses.example": "bounced", "x@nowhere.example": "bounced"}
        for to in ways:
            replies.append(self.send(self.body(to, "Hello"), to=to))
        replies.append(self.send(self.body("bob@lab.example", "Held"), chunks=[50]))
        replies.append(self.send(self.body("bob@lab.example", "Hello", b"X-Classification: internal-only\r\n")))
        replies.append(self.send(self.body("bob@lab.example", "Hello").replace(b"ann@clinic", b"ann@other")))
        replies.append(self.send(self.body("bob@lab.example", "Hello") + b"a\nb\r\n"))
        for to, kind in ways.items():
            self.assertTrue(self.gateway.wait_for(recipient=to, event=kind), f"{to}: no event '{kind}'")
        self.assertTrue(wait_until(lambda: len(self.stage.notices()) >= 3), "no notice came")
        self.assertEqual(len(self.gateway.events(event="rejected")), 2)

        shown = [self.gateway.run("queue", "list").stdout, self.gateway.run("status").stdout]
        for message in self.gateway.queue():
            shown += [self.gateway.run("queue", "show", message["id"]).stdout, json.dumps(message)]
        texts = [text.encode() for text in shown] + [reply.raw for reply in replies] + self.stage.notices()
        self.assertEqual(places_of(MARKER, self.gateway.folder, texts), [])
        self.assertEqual(places_of("536-22-1234", self.gateway.folder, texts), [])
        self.gateway.stop()  # what was in memory is on disk now
        self.assertEqual(places_of(MARKER, self.gateway.folder), [])
        self.gateway.start()

    def test_the_search_finds_a_planted_leak(self):
        for leak in (MARKER.encode(), b"x" + MARKER.upper().encode(), base64.b64encode(b"ab" + MARKER.encode() + b"cd"),
                     MARKER.encode("utf-16-le"), MARKER.encode().hex().encode()):
            with self.subTest(leak), tempfile.NamedTemporaryFile(dir=self.gateway.state, suffix=".leak") as planted:
                planted.write(b"before " + leak + b" after")
                planted.flush()
                self.assertEqual(places_of(MARKER, self.gateway.folder), [str(Path(planted.name).relative_to(self.gateway.folder))])


if __name__ == "__main__":
    unittest.main()
