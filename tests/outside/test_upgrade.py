"""A spool that an earlier version wrote (tests/cases/spool/format-N, a copy of its disk) is opened, and its mail goes on."""
import shutil
import tarfile
import unittest

from gateway import REPOSITORY, wait_until
from scene import below_trace, letter
from stage import temporary_stage

STORED = REPOSITORY / "tests" / "cases" / "spool"


class Upgrade(unittest.TestCase):
    """Each holds a letter to bob@good.example that waited, and one to eve@plain.example that was held for want of TLS."""

    def test_every_stored_format(self):
        formats = sorted(STORED.glob("format-*/spool.tar.gz"))
        self.assertTrue(formats)
        for archive in formats:
            with self.subTest(archive.parent.name):
                self.goes_on(archive)

    def goes_on(self, archive):
        stage = temporary_stage(self.addCleanup)
        good, plain = stage.open("good.example"), stage.open("plain.example", certificate=None)
        gateway = stage.gateway(start=False)
        with tarfile.open(archive) as stored:
            stored.extractall(stage.folder / "stored")  # Debian 12's Python has no filters yet; the archive is ours
        shutil.copytree(stage.folder / "stored" / "spool", gateway.state / "spool")
        shutil.copy(stage.folder / "stored" / "kek", gateway.folder / "kek")
        gateway.start()
        self.addCleanup(gateway.stop)
        self.assertTrue(good.wait(1))
        self.assertEqual(below_trace(good.messages[0].body), letter(b"kept by format 1\r\n"))
        # The other is held still, or its hold has run out and the sender heard so; which of the two depends on the day.
        self.assertTrue(wait_until(lambda: self.is_held(gateway) or self.was_told(stage)))
        self.assertEqual(plain.messages, [])
        self.assertEqual(gateway.stop(), 0)
        gateway.start()  # and again, as the format that it has become

    @staticmethod
    def is_held(gateway):
        return [recipient["state"] for message in gateway.queue() for recipient in message["recipients"]] == ["held"]

    @staticmethod
    def was_told(stage):
        return any(b"eve@plain.example" in notice and b"Action: failed" in notice for notice in stage.notices())


if __name__ == "__main__":
    unittest.main()
