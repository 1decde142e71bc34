"""posternd asks a real clamd: EICAR in an attachment's base64 and in an archive is held, the rest goes on, and what is longer than clamd
takes is held too."""
import base64
import io
import sys
import unittest
import zipfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "outside"), str(Path(__file__).resolve().parent)]
from clamav import EICAR, NAME, Clamd  # noqa: E402
from scene import ANN, letter  # noqa: E402
from stage import temporary_stage  # noqa: E402


def with_file(name, octets):
    return letter(b"--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n--b\r\nContent-Type: application/octet-stream; name=" + name.encode() +
                  b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(octets).replace(b"\n", b"\r\n") + b"--b--\r\n",
                  extra=b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n")


def zipped(octets):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", octets)
    return out.getvalue()


class Clamav(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.clamd = Clamd(cls.stage.folder / "clamd")
        cls.addClassCleanup(cls.clamd.close)
        cls.sink = cls.stage.open("good.example")
        cls.gateway = cls.stage.gateway(start=False)
        cls.gateway.write_configuration(f'\n[virus]\nsocket = "{cls.clamd.socket}"\nscan = "all"\n')
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop)

    def sent(self, recipient, text):
        with self.gateway.sender() as exchange:
            self.assertEqual(exchange.send(ANN, [recipient], text)[-1].code, 250)

    def test_what_it_finds_is_held_under_its_name(self):
        for number, octets in enumerate((EICAR, zipped(EICAR))):
            recipient = f"held{number}@good.example"
            self.sent(recipient, with_file(f"file{number}.bin", octets))
            self.assertIn("virus", self.gateway.wait_for(event="held", recipient=recipient)[0]["rules"])
        self.assertIn(f"the virus scanner found {NAME}", self.gateway.log_file.read_text())
        self.assertEqual([one for one in self.sink.messages if one.recipients[0].startswith("held")], [])

    def test_what_is_clean_arrives(self):
        self.sent("bob@good.example", with_file("file.bin", bytes(range(256)) * 1000))
        self.assertTrue(self.sink.wait(1))

    def test_what_is_longer_than_it_takes_is_held(self):
        self.sent("long@good.example", with_file("file.bin", bytes(3 << 20)))
        self.assertIn("not-scanned", self.gateway.wait_for(event="held", recipient="long@good.example")[0]["rules"])
        self.assertIn("longer than the scanner takes", self.gateway.log_file.read_text())


if __name__ == "__main__":
    unittest.main()
