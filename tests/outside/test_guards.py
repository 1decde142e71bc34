"""The promises, from outside: no cleartext for protected mail, no relay for strangers, no second message smuggled in or out,
no content in any log or notice, and bad input answered with a clear line and the documented exit code."""
import json
import os
import socket
import time
from pathlib import Path

from gateway import Ended, Gateway
from scene import ANN, Scene, below_trace, letter
from sender import Sender, queue_id

SHARED = Path(os.environ.get("POSTERN_SHARED", Path(__file__).resolve().parents[3] / "shared"))


class Cleartext(Scene):
    def test_protected_mail_never_reaches_a_server_without_tls_and_the_sender_is_told(self):
        told = len(self.home.messages)
        reply = self.exchange(letter(subject=b"[secure] Results"), to=("eve@plain.example",))[-1]
        self.assertEqual(reply.code, 250)
        held = self.gateway.wait_for(queue_id=queue_id(reply), event="held")
        self.assertEqual(len(held), 1)
        self.assertEqual(held[0]["action"], "protect")
        self.assertTrue(self.home.wait(told + 1))
        self.assertIn(b"Action: delayed", self.home.messages[told].body)
        self.assertEqual(self.plain.messages, [])
        self.assertEqual(self.plain.mail_in_clear, [])

    def test_a_release_climbs_the_ladder_again_and_still_sends_nothing_in_the_clear(self):
        reply = self.exchange(letter(subject=b"[secure] Again"), to=("eve@plain.example",))[-1]
        identity = queue_id(reply)
        self.assertTrue(self.gateway.wait_for(queue_id=identity, event="held"))
        self.assertEqual(self.gateway.run("queue", "release", identity).returncode, 0)
        self.assertTrue(self.gateway.wait_for(queue_id=identity, event="released"))
        self.assertEqual(len(self.gateway.wait_for(queue_id=identity, event="held", count=2)), 2)
        self.assertEqual(self.plain.mail_in_clear, [])
        self.assertEqual(self.gateway.run("queue", "delete", identity).returncode, 0)
        self.assertEqual(self.gateway.run("queue", "show", identity).returncode, 1)


class Strangers(Scene):
    def refused(self, reply, condition):
        self.assertEqual(reply.code, 550, reply.text)
        self.assertIn(condition, reply.text)

    def test_without_the_clients_certificate_nothing_is_relayed(self):
        with self.gateway.sender(certificate=None) as stranger:
            self.refused(stranger.send(ANN, ["x@good.example"], letter())[0], "certificate")

    def test_with_anothers_certificate_nothing_is_relayed(self):
        with self.gateway.sender(certificate=self.authority.client("mail.other.example")) as stranger:
            self.refused(stranger.send(ANN, ["x@good.example"], letter())[0], "certificate")

    def test_a_foreign_envelope_sender_is_refused(self):
        self.refused(self.exchange(letter(), sender="ann@other.example")[0], "mail-from")

    def test_a_foreign_from_is_refused_with_ours_in_the_envelope(self):
        self.refused(self.exchange(letter(sender=b"ceo@other.example"))[-1], "from")

    def test_two_from_fields_are_refused(self):
        self.refused(self.exchange(b"From: <ann@clinic.example>\r\n" + letter(sender=b"ceo@other.example"))[-1], "from")

    def test_the_null_sender_needs_our_from(self):
        self.refused(self.exchange(letter(sender=b"ceo@other.example"), sender="")[-1], "from")
        before = len(self.good.messages)
        self.assertEqual(self.exchange(letter(), sender="")[-1].code, 250)
        self.assertEqual(self.arrives(self.good, before).sender, "")

    def test_before_tls_nothing_is_taken(self):
        stranger = Sender("127.0.0.1", self.gateway.ports["m365"], starttls=False)
        self.assertEqual(stranger.command(b"MAIL FROM:<ann@clinic.example>").code, 530)
        stranger.quit()


class EndOfData(Scene):
    """shared/cases/smtp/end-of-data.jsonl through the whole gateway into a sink, three ways."""

    # What each way makes of each row. "refused": 550, nothing relayed. "mended": one message, bare LF made CRLF; what stood
    # after it is text of that one message.
    EXPECTED = {
        "lflf": ("refused", "refused", "mended"), "crcr": ("refused", "refused", "refused"),
        "crlf": ("refused", "refused", "refused"), "lfcr": ("refused", "refused", "refused"),
        "lfcrlf": ("refused", "refused", "mended"), "crlflf": ("refused", "refused", "mended"),
        "crcrlf": ("refused", "refused", "refused"), "crlfcr": ("refused", "refused", "refused"),
        "nullbefore": ("refused", "refused", "refused"), "nullafter": ("refused", "refused", "refused"),
        "crlf-dot-crcrlf": ("refused", "refused", "refused"), "crcrlf-dot-crcrlf": ("refused", "refused", "refused"),
    }
    INNER = b"MAIL FROM:<ann@clinic.example>\r\nRCPT TO:<smuggled@good.example>\r\nDATA\r\nFrom: <ann@clinic.example>\r\n\r\ninner\r\n"

    def test_every_row_three_ways(self):
        rows = [json.loads(line) for line in (SHARED / "cases/smtp/end-of-data.jsonl").read_text().splitlines()][1:]
        rows = [row for row in rows if "bytes_hex" in row]
        self.assertEqual({row["name"] for row in rows}, set(self.EXPECTED))
        ways = ({"listener": "m365"}, {"listener": "strict", "chunks": [4096]}, {"listener": "m365", "chunks": [4096]})
        for row in rows:
            body = letter(b"outer\r\n") + b"line" + bytes.fromhex(row["bytes_hex"]) + self.INNER
            for way, expected in zip(ways, self.EXPECTED[row["name"]]):
                with self.subTest(row=row["name"], way=way):
                    self.one(body, way, expected)

    def one(self, body, way, expected):
        before = len(self.good.messages)
        reply = self.exchange(body, **way)[-1]
        if expected == "refused":
            self.assertEqual(reply.code, 550, reply.text)
            return
        self.assertEqual(reply.code, 250, reply.text)
        message = self.arrives(self.good, before)
        self.assertEqual(below_trace(message.body), body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    def tearDown(self):
        # Nothing may have come out for the recipient of the inner message, and no bare CR, LF or NUL on the wire.
        time.sleep(0.3)
        for message in self.good.messages:
            self.assertNotIn("smuggled@good.example", message.recipients)
            rest = message.raw.replace(b"\r\n", b"")
            self.assertFalse(b"\r" in rest or b"\n" in rest or b"\0" in rest)

    def test_what_is_pipelined_behind_the_final_dot_is_handled_in_order(self):
        before = len(self.good.messages)
        with self.gateway.sender() as connection:
            connection.envelope(ANN, ["bob@good.example"])
            self.assertEqual(connection.command(b"DATA").code, 354)
            second = b"MAIL FROM:<ann@clinic.example>\r\nRCPT TO:<bob@good.example>\r\nDATA\r\n"
            connection.wire.send(letter(b"first\r\n") + b".\r\n" + second)
            self.assertEqual([connection.read().code for _ in range(4)], [250, 250, 250, 354])
            connection.wire.send(letter(b"second\r\n") + b".\r\n")
            self.assertEqual(connection.read().code, 250)
        self.assertTrue(self.good.wait(before + 2))


class Canary(Scene):
    """A marker in all that is content appears in no file, event or notice."""

    MARKER = b"CANARY7Q"

    def leaks(self):
        found = []
        for path in self.gateway.folder.rglob("*"):
            if path.is_file() and self.MARKER in path.read_bytes():
                found.append(str(path.relative_to(self.gateway.folder)))
        return found

    def test_the_marker_is_nowhere_and_a_planted_leak_is_found(self):
        marker = self.MARKER
        body = (b'From: "' + marker + b'" <ann@clinic.example>\r\nSubject: [secure] ' + marker + b"\r\nMIME-Version: 1.0\r\n"
                b'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n' + marker + b" SSN 536-22-1234\r\n--b\r\n"
                b'Content-Type: application/pdf; name="' + marker + b'.pdf"\r\n\r\n' + marker + b"\r\n--b--\r\n")
        refusing = self.sink_with_marker()
        told = len(self.home.messages)
        try:
            replies = [self.exchange(body, to=(who,))[-1] for who in ("eve@plain.example", "sam@scripted.example", "bob@good.example")]
            self.assertEqual([reply.code for reply in replies], [250, 250, 250])
            self.assertTrue(self.home.wait(told + 2))  # one is held, one bounces with the peer's marked text
        finally:
            refusing.close()
        self.assertEqual(self.leaks(), [])
        for notice in self.home.messages[told:]:
            self.assertNotIn(marker, notice.body)
        (self.gateway.folder / "planted.log").write_bytes(b"oops " + marker)
        self.assertEqual(self.leaks(), ["planted.log"])

    def sink_with_marker(self):
        from sink import Sink
        text = self.MARKER.decode()
        sink = Sink("127.0.0.24", self.port, certificate=self.authority.server("mx.scripted.example"))
        sink.refuse_rcpt = True
        original = sink.scripted
        sink.scripted = {**original, "greeting": f"220 {text}\r\n".encode()}
        return sink


class Wrong(Scene):
    """One clear line each, and the exit code of docs/operations.md."""

    def ends_with(self, code, word, prepare):
        folder = self.folder / f"wrong-{word.replace(' ', '-').replace('/', '')}"
        gateway = Gateway(folder, self.authority, self.dns.address, self.port, start=False)
        prepare(gateway)
        with self.assertRaises(Ended) as ended:
            gateway.start()
        self.assertEqual(ended.exception.code, code, ended.exception.said)
        self.assertIn(word, ended.exception.said)

    def test_an_unknown_key_names_the_nearest(self):
        self.ends_with(3, "did you mean 'hostname'", lambda g: g.configuration.write_text(
            g.configuration.read_text().replace("hostname", "hostnam")))

    def test_a_policy_that_does_not_parse(self):
        self.ends_with(3, "demo.toml", lambda g: (g.folder / "policy.d/demo.toml").write_text("version = 1\n[[rule]]\nnam = 'x'\n"))

    def test_an_unreadable_key(self):
        self.ends_with(4, "cannot read file:tls.key", lambda g: (g.folder / "tls.key").unlink())

    def test_a_kek_of_the_wrong_size(self):
        self.ends_with(4, "64 hexadecimal digits", lambda g: (g.folder / "kek").write_text("short\n"))

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            def take(gateway):
                gateway.ports["m365"] = taken.getsockname()[1]
                gateway.write_configuration()
            self.ends_with(6, "Address already in use", take)

    def test_another_kek_and_nothing_is_lost(self):
        folder = self.folder / "other-kek"
        gateway = Gateway(folder, self.authority, self.dns.address, self.port)
        with gateway.sender() as connection:
            self.assertEqual(connection.send(ANN, ["x@down.invalid.plain.example"], letter())[-1].code, 250)
        gateway.stop()
        right = (folder / "kek").read_text()
        (folder / "kek").write_text("ab" * 32)
        with self.assertRaises(Ended) as ended:
            gateway.start()
        self.assertEqual(ended.exception.code, 5, ended.exception.said)
        (folder / "kek").write_text(right)
        gateway.start()
        gateway.stop()

    def test_a_reload_of_a_wrong_policy_keeps_the_running_one_and_says_why(self):
        path = self.gateway.folder / "policy.d/demo.toml"
        right = path.read_text()
        before = self.gateway.run("status", json_answer=True)["policy"]
        path.write_text(right.replace("trigger = true", "triger = true"))
        try:
            told = self.gateway.run("reload")
            self.assertEqual(told.returncode, 3)
            self.assertIn("did you mean 'trigger'", told.stderr)
            self.assertEqual(self.gateway.run("status", json_answer=True)["policy"], before)
        finally:
            path.write_text(right)
        self.assertEqual(self.gateway.run("reload").returncode, 0)

    def test_with_the_daemon_down_the_queue_can_be_looked_at(self):
        folder = self.folder / "down"
        gateway = Gateway(folder, self.authority, self.dns.address, self.port)
        with gateway.sender() as connection:
            identity = queue_id(connection.send(ANN, ["eve@plain.example"], letter(subject=b"[secure] x"))[-1])
        gateway.stop()
        self.assertIn(identity, gateway.run("queue", "list").stdout)
        self.assertEqual(gateway.run("queue", "show", identity).returncode, 0)
        self.assertEqual(gateway.run("queue", "release", identity).returncode, 7)
