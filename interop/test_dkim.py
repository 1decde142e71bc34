"""Three independent verifiers find the gateway's DKIM signatures good, RSA and Ed25519, on mail that is awkward to sign; and each of
them finds them broken where they are."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "outside"))
from dkim_keys import DkimKeys, published  # noqa: E402
from dkim_readers import READERS  # noqa: E402
from gateway import TENANTS, wait_until  # noqa: E402
from messages import ANN, BOB, EIGHT_BIT, MESSAGES, head, message_id, split_trace  # noqa: E402
from stage import temporary_stage  # noqa: E402

KEYS = {"r2048": "rsa", "e1": "ed25519", "r4096": "rsa-4096"}  # selector: algorithm
MINIMAL = b"From: ann@clinic.example\r\nMessage-ID: %s\r\n"
LETTERS = MESSAGES | {
    "no line end at the end": head("no line end at the end") + b"\r\nx\r\n\r\n \t\r\nlast",
    "nothing but blanks": head("nothing but blanks") + b"\r\n \r\n\t \t\r\n\r\n",
    "blanks and tabs": head("blanks and tabs") + b"\r\n\tx \t y\t\tz  \r\n  two  \r\n \r\nend\t\r\n \r\n",
    "empty body lines": head("empty body lines") + b"\r\n" + b"\r\n" * 50,
    "folded": head("folded", subject="a\r\n\t b \r\n   c\t", extra=b"Reply-To:\r\n ann@clinic.example\r\nReferences: <1@a>\r\n\t<2@a>\t\r\n <3@a> \r\n") + b"\r\nx\r\n",
    "twice": head("twice", extra=b"Subject: another\r\nCc: one@a.example\r\nCc: two@a.example\r\nKeywords: x\r\nList-Id: <l.a.example>\r\nList-Unsubscribe: <https://a.example/u>\r\nSender: ann@clinic.example\r\n") + b"\r\nx\r\n",
    "raw octets in the header": head("raw octets in the header", extra=b"Reply-To: \xc3\xa4 \xff <ann@clinic.example>\r\n" + EIGHT_BIT) + b"\r\n\xff \xfe\r\n",
    "nothing but From": MINIMAL % message_id("nothing but From") + b"\r\nx\r\n",
    "blanks before a colon": b"froM\t : ann@clinic.example\r\nMessage-ID: " + message_id("blanks before a colon") + b"\r\nSUBJECT  :x\r\n\r\nx\r\n",
    "an inner signature": MESSAGES["signed"].replace(message_id("signed"), message_id("an inner signature")),
    "one long line of words": head("one long line of words") + b"\r\n" + b"word  and\tword " * 4_000 + b"\r\n",
    "a megabyte": head("a megabyte", extra=EIGHT_BIT) + b"\r\n" + b"".join(b"%d \xc3\xa4  \t line\t\r\n" % n for n in range(55_000)) + b"\r\n\r\n",
}

# What a reader makes of a letter otherwise than three times "pass", and why. All else must pass: RSA-2048, Ed25519 and RSA-4096.
BLANKS = "it takes no blanks before a field's colon (RFC 5322 §4.5.8, obsolete)"
CANNOT = {
    ("python3-dkim", "odd header"): (["cannot read it"], BLANKS),
    ("python3-dkim", "blanks before a colon"): (["cannot read it"], BLANKS),
    ("OpenDKIM", "blanks before a colon"): (["permerror"], BLANKS + ", and so finds no From"),
}
GOOD = ["pass"] * len(KEYS)


class Dkim(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stage = cls.stage = temporary_stage(cls.addClassCleanup)
        cls.sink = stage.open("real.example")
        gateway = cls.gateway = stage.gateway(start=False)
        keys = DkimKeys(gateway.folder)
        for selector, algorithm in KEYS.items():
            keys.make(selector, algorithm)
        gateway.tenants = TENANTS + keys.setting("clinic.example")
        gateway.write_configuration()
        gateway.start()
        cls.addClassCleanup(gateway.stop)
        cls.records = published(gateway)
        cls.readers = [kind(stage.folder, cls.records) for kind in READERS]
        cls.came = cls.relay()

    @classmethod
    def relay(cls):
        with cls.gateway.sender() as connection:
            for name, letter in LETTERS.items():
                replies = connection.send(ANN, [BOB], letter)
                assert replies[-1].code == 250, (name, replies)
        assert wait_until(lambda: len(cls.sink.messages) == len(LETTERS), timeout=60), "not all of them arrived"
        bodies = [message.body for message in cls.sink.messages]
        return {name: next(body for body in bodies if message_id(name) in body) for name in LETTERS}

    def results(self, reader, messages):
        """By the names of the messages; of the gateway's own signatures, which are the first ones."""
        return dict(zip(messages, (found[:len(KEYS)] for found in reader.verify_all(list(messages.values())))))

    def test_every_octet_below_the_signatures_is_the_senders(self):
        for name, came in self.came.items():
            _, below = split_trace(came, LETTERS[name])
            self.assertEqual(below.rstrip(b"\r\n"), LETTERS[name].rstrip(b"\r\n"), name)

    def test_every_reader_finds_every_signature_good(self):
        self.assertEqual(sorted(self.records), sorted(f"{selector}._domainkey.clinic.example" for selector in KEYS))
        for reader in self.readers:
            for name, found in self.results(reader, self.came).items():
                with self.subTest(name, reader=reader.name):
                    self.assertEqual(found, CANNOT.get((reader.name, name), (GOOD,))[0])

    def test_every_reader_finds_every_signature_broken_where_it_is(self):
        came = self.came["plain"]
        broken = {"body": came.replace(b"Hello", b"Hallo"), "another body line": came + b"x\r\n", "subject": came.replace(b"Subject: plain", b"Subject: other"),
                  "added reply-to": b"Reply-To: eve@evil.example\r\n" + came, "added content-type": b"Content-Type: text/html\r\n" + came,
                  "second from": b"From: eve@evil.example\r\n" + came}
        self.assertNotIn(came, broken.values())
        for reader in self.readers:
            for what, found in self.results(reader, broken).items():
                with self.subTest(what, reader=reader.name):
                    self.assertNotIn("pass", found)

    def test_a_relay_that_folds_anew_and_adds_its_trace_breaks_nothing(self):
        came = self.came["folded"].replace(b"a\r\n\t b \r\n   c\t", b"a b c").replace(b"\r\n\t ", b"\r\n        ")
        trace = b"Received: from a by b;\r\n\tWed, 25 Nov 2026 12:00:00 +0000\r\nX-Spam: no\r\nSender: relay@b.example\r\n"
        for reader in self.readers:
            with self.subTest(reader=reader.name):
                self.assertEqual(self.results(reader, {"folded": trace + came + b"\r\n\r\n"})["folded"], GOOD)


if __name__ == "__main__":
    unittest.main()
