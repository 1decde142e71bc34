"""What fails while mail is sealed ends in sealed mail later, or in a hold that the sender hears of: never in clear mail, a lost message, or
plain text in a file. posternd and its children run under strace, and what they wrote is searched as well as what lies about.

The tests are root's, who can read everything: a file that may not be read is one that is not there.
"""
import base64
import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import mounts
from gateway import wait_until
from leaks import Watch, files_with
from mail_keys import run
from memory import family
from postgresql import PostgresqlServer
from scene import ANN
from sealing_scene import SealedScene, armour_of, entity_of, fingerprint, letter

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


@contextlib.contextmanager
def locked_to_readers(database):
    """In WAL mode an exclusive transaction stops writers only. These are the locks of readers (SQLite's "WAL-mode File Format",
    2.2: WAL_READ_LOCK(0) to (4) at 123 of the -shm file)."""
    with open(str(database) + "-shm", "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX, 5, 123)
        yield
        fcntl.lockf(file, fcntl.LOCK_UN, 5, 123)


class Failing(SealedScene, anew=True):
    delivery = {"protect_patience": "2m"}

    def setUp(self):
        super().setUp()
        self.began = time.time() - 1
        self.marker = b"Qx" + os.urandom(6).hex().encode()
        self.watch = Watch(self.gateway, self.stage.folder / "trace")
        self.temporary = [self.gateway.folder]
        self.addCleanup(self.nothing_leaked)  # before the stage is gone: the last that is added runs first

    def begin(self):
        self.configure()
        self.gateway.start()

    def text(self):
        return b"Hello, " + self.marker + b" is positive.\r\n"

    def nothing_leaked(self):
        self.gateway.stop()
        self.assertGreater(self.watch.file_writes(), 0, "the trace saw nothing")
        self.assertEqual(self.watch.writes_of(self.marker), [])
        self.assertEqual(files_with(self.marker, [*self.temporary, self.gateway.state]), [])
        self.assertEqual(files_with(self.marker, ["/tmp", "/dev/shm", "/var/tmp", "/run/postern"], self.began,
                                    but="postern-test-"), [])  # those are tests' own folders: ours is searched above, but for people and trace
        for sink in self.stage.sinks.values():
            for message in sink.messages:
                self.assertNotIn(self.marker, message.body)

    def came_for(self, address):
        """All servers' messages for that recipient."""
        return [message.body for sink in self.stage.sinks.values() for message in list(sink.messages) if address in message.recipients]

    def comes_once(self, person, sent, timeout=60.0):
        self.assertTrue(wait_until(lambda: self.came_for(person.address), timeout), f"lost: {self.gateway.events()[-3:]}")
        self.assertTrue(wait_until(lambda: not self.gateway.queue(), timeout), "it stays in the queue")
        (message,) = self.came_for(person.address)
        opened = person.opens(message) if hasattr(person, "certificate") else person.opens(armour_of(message))[0]
        self.assertEqual(opened, entity_of(sent))

    def send_marked(self, to):
        return self.send(to, text=self.text())


class KeysThatEnd(Failing):
    """The recipient's server is down, and what was sealed for a key waits while the key ends."""

    def setUp(self):
        super().setUp()
        for name in ("smime", "pgp", "both"):
            getattr(self, name).close()
        self.begin()

    def up(self, name):
        return self.stage.open(name + ".example", certificate=None)

    def waits_sealed(self, address):
        self.send_marked(address)
        self.is_deferred(address)

    def test_a_certificate_that_expires_in_the_queue_is_not_used_after_it(self):
        bob = self.smime_person(ends_in=8)
        self.knows(bob)
        self.waits_sealed(bob.address)
        time.sleep(7)
        self.up("smime")
        self.is_held(bob.address)
        self.assertEqual(self.came_for(bob.address), [])

    def test_an_openpgp_key_that_expires_in_the_queue_is_not_used_after_it(self):
        tom = self.pgp_person(expires="seconds=9")
        self.knows(tom)
        self.waits_sealed(tom.address)
        time.sleep(8)
        self.up("pgp")
        self.is_held(tom.address)
        self.assertEqual(self.came_for(tom.address), [])

    def test_a_key_that_is_revoked_or_refused_in_the_queue_is_not_used_after_it(self):
        for word in ("revoke", "refuse"):
            with self.subTest(word):
                bob = self.smime_person(f"{word}@smime.example")
                self.knows(bob)
                self.waits_sealed(bob.address)
                self.keys(word, fingerprint(bob.certificate))
                self.is_held(bob.address)
        self.up("smime")
        time.sleep(3)
        self.assertEqual(self.came_for("revoke@smime.example") + self.came_for("refuse@smime.example"), [])

    def test_where_another_method_has_a_key_it_goes_by_that(self):
        certificate, kim = self.smime_person("kim@both.example"), self.pgp_person("kim@both.example")
        self.knows(certificate, kim)
        sent = self.send_marked(kim.address)
        self.is_deferred(kim.address)
        self.keys("revoke", fingerprint(certificate.certificate))
        time.sleep(1)
        self.up("both")
        self.comes_once(kim, sent)


class KeyStore(Failing):
    def database(self):
        return self.gateway.state / "keys.db"

    def set_up_with(self, address="bob@smime.example"):
        bob = self.smime_person(address)
        self.knows(bob)
        return bob

    def test_a_store_that_is_locked_makes_mail_wait(self):
        self.begin()
        bob = self.set_up_with()
        with locked_to_readers(self.database()):
            sent = self.send_marked(bob.address)
            time.sleep(4)
            self.assertEqual(self.came_for(bob.address), [])
        self.comes_once(bob, sent)

    def test_a_store_whose_file_goes_away_makes_mail_wait_or_is_still_open(self):
        self.begin()
        bob = self.set_up_with()
        away = self.stage.folder / "away"
        away.mkdir()
        files = list(self.gateway.state.glob("keys.db*"))
        for path in files:
            path.rename(away / path.name)
        sent = self.send_marked(bob.address)
        time.sleep(3)
        for path in files:
            if path.exists():
                path.unlink()
            (away / path.name).rename(path)
        self.comes_once(bob, sent)

    def test_a_store_that_is_damaged_is_no_reason_to_give_a_rung_up(self):
        self.begin()
        bob = self.set_up_with()
        self.gateway.stop()  # the log is in the file now
        whole = self.database().read_bytes()
        self.gateway.start()
        with open(self.database(), "r+b") as file:
            file.write(os.urandom(len(whole)))
        sent = self.send_marked(bob.address)
        self.is_deferred(bob.address)
        self.assertEqual(self.came_for(bob.address), [])
        self.gateway.stop()
        for path in self.gateway.state.glob("keys.db*"):
            path.unlink()
        self.database().write_bytes(whole)
        self.gateway.start()
        self.comes_once(bob, sent)

    def test_a_postgresql_server_that_stops_makes_mail_wait(self):
        server = PostgresqlServer()
        self.addCleanup(server.remove)
        path = self.gateway.folder / "conninfo"
        path.touch(mode=0o600)
        path.write_text(server.conninfo + "\n")
        self.keys_settings = 'store = "postgresql:file:conninfo"'
        self.begin()
        bob = self.set_up_with()
        server.stop()
        stopped = True
        try:
            sent = self.send_marked(bob.address)
            self.is_deferred(bob.address)
            self.assertEqual(self.came_for(bob.address), [])
            server.start()
            stopped = False
            self.comes_once(bob, sent)
        finally:
            if stopped:
                server.start()  # remove() stops it


class SigningKeys(Failing):
    """A key that is there and cannot be reached now is waited for: its mail leaves signed, or not yet."""

    def signer(self, reference):
        ann = self.smime_person(ANN, self.authority, algorithm=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"))
        self.keys("identities", "import", ann.certificate, "--key", reference(ann))
        return ann

    def comes_signed(self, bob, sent):
        self.assertTrue(wait_until(lambda: self.came_for(bob.address), 60), f"lost: {self.gateway.events()[-3:]}")
        (message,) = self.came_for(bob.address)
        self.assertEqual(bob.verifies(bob.opens(message), self.authority, ANN), entity_of(sent))

    def waits_for(self, go_away, come_back):
        bob = self.smime_person("bob@smime.example", self.authority)
        self.knows(bob)
        self.comes_signed(bob, self.send_marked(bob.address))
        self.smime.messages.clear()
        go_away()
        sent = self.send_marked(bob.address)
        self.is_deferred(bob.address)
        time.sleep(2)
        self.assertEqual(self.came_for(bob.address), [])
        come_back()
        self.comes_signed(bob, sent)

    def test_a_private_key_file_that_cannot_be_read_is_waited_for(self):
        self.begin()
        ann = self.signer(lambda ann: f"file:{ann.key}")
        self.waits_for(lambda: ann.key.rename(str(ann.key) + ".away"), lambda: Path(str(ann.key) + ".away").rename(ann.key))

    def test_a_token_that_goes_away_is_waited_for(self):
        tokens, conf = self.stage.folder / "tokens", self.stage.folder / "softhsm.conf"
        tokens.mkdir()
        conf.write_text(f"directories.tokendir = {tokens}\n")
        os.environ["SOFTHSM2_CONF"] = str(conf)  # posternd inherits it
        self.addCleanup(os.environ.pop, "SOFTHSM2_CONF")
        run("softhsm2-util", "--init-token", "--free", "--label", "clinic", "--so-pin", "1234", "--pin", "567890")
        pin = self.gateway.folder / "pin"
        pin.touch(mode=0o600)
        pin.write_text("567890\n")
        self.begin()

        def into_token(ann):
            pkcs8 = ann.key.with_suffix(".p8")
            run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", ann.key, "-out", pkcs8)
            run("softhsm2-util", "--import", pkcs8, "--token", "clinic", "--label", "seal", "--id", "a1b2", "--pin", "567890")
            ann.key.unlink()
            return f"pkcs11:token=clinic;object=seal?pin-source=file:pin&module-path={SOFTHSM}"
        self.signer(into_token)
        away = self.stage.folder / "tokens-away"

        def goes():
            tokens.rename(away)
            tokens.mkdir()

        def comes():
            tokens.rmdir()
            away.rename(tokens)
        self.waits_for(goes, comes)


class GnuPG(Failing):
    keys_settings = ""

    def setUp(self):
        super().setUp()
        self.home = Path(tempfile.mkdtemp(prefix="postern-test-gnupg-", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.temporary.append(self.home)
        self.addCleanup(self.nothing_leaked)  # once more, while that folder is there
        self.keys_settings = f'openpgp = "gnupg"\ngnupg_folder = "{self.home / "work"}"'

    def agents(self):
        found = []
        for pid in family(self.gateway.process.pid):
            try:
                if b"gpg-agent" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
                    found.append(pid)
            except OSError:
                continue
        return found

    def sender_and_recipients(self, count):
        ann = self.pgp_person(ANN)
        people = [self.pgp_person(f"tom{number}@pgp.example") for number in range(count)]
        self.keys("identities", "import", ann.public, "--private-key", ann.secret)
        self.knows(*people)
        for person in people:
            person.knows(ann)
        return people

    def test_agents_that_are_killed_under_load_cost_a_retry_and_nothing_else(self):
        self.begin()
        (tom,) = self.sender_and_recipients(1)
        killed, sent = 0, []
        with self.gateway.sender() as exchange:
            for number in range(12):
                text = self.text() + b"%d\r\n" % number
                sent.append(letter(tom.address, text=text))
                self.assertEqual(exchange.send(ANN, [tom.address], sent[-1])[-1].code, 250)
        end = time.monotonic() + 20
        while killed < 6 and len(self.pgp.messages) < 12 and time.monotonic() < end:
            for pid in self.agents():
                try:
                    os.kill(pid, 9)
                    killed += 1
                except ProcessLookupError:
                    pass
            time.sleep(0.3)
        self.assertGreater(killed, 0, "no agent was met: the test proves nothing")
        self.assertTrue(wait_until(lambda: len(self.pgp.messages) >= 12 and not self.gateway.queue(), 90), f"{len(self.pgp.messages)} came")
        opened = [tom.opens(armour_of(message.body))[0] for message in self.pgp.messages]
        self.assertEqual(sorted(opened), sorted(map(entity_of, sent)))
        print(f"{killed} agents killed ", end="")

    def show_gpg(self):
        subprocess.run(["umount", "/usr/bin/gpg"], check=True)

    def test_a_gpg_that_is_gone_later_is_waited_for(self):
        mounts.apart()  # posternd lives where it will be hidden
        self.begin()
        (tom,) = self.sender_and_recipients(1)
        self.hide_gpg()
        sent = self.send_marked(tom.address)
        self.is_deferred(tom.address)
        self.show_gpg()
        self.comes_once(tom, sent)

    def hide_gpg(self):
        """In the mount namespace that this process and posternd are in already: nothing else on the machine sees it."""
        empty = self.stage.folder / "empty"
        empty.touch(mode=0o600)
        subprocess.run(["mount", "--bind", empty, "/usr/bin/gpg"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/usr/bin/gpg"], check=False, capture_output=True)

    def test_a_gpg_that_is_not_there_at_the_start_is_waited_for(self):
        mounts.apart()
        self.begin()
        (tom,) = self.sender_and_recipients(1)
        self.gateway.stop()
        self.hide_gpg()
        self.gateway.start()
        sent = self.send_marked(tom.address)
        self.is_deferred(tom.address)
        self.show_gpg()
        self.comes_once(tom, sent)


class OnASmallDisk(Failing):
    mebibytes = 96

    def setUp(self):
        super().setUp()
        self.disk = mounts.small_disk(self.stage.folder, self.mebibytes, self.addCleanup)
        self.gateway.state = self.disk / "state"
        self.gateway.min_free = "1MiB"
        self.addCleanup(self.nothing_leaked)
        self.begin()


class FullDisk(OnASmallDisk):
    """The message is kept; its rendition finds no room."""

    def test_mail_waits_for_room(self):
        bob = self.smime_person()
        self.knows(bob)
        with locked_to_readers(self.gateway.state / "keys.db"):  # it is not sealed before the disk is full
            sent = self.send(bob.address, text=self.text() + base64.encodebytes(os.urandom(6_000_000)).replace(b"\n", b"\r\n"))
            mounts.leave_free(self.disk, 0)
        self.assertTrue(wait_until(lambda: [event for event in self.gateway.events(event="deferred", recipient=bob.address)
                                            if "database" not in event["reason"]], 30), "no attempt met the full disk")
        self.assertEqual(self.came_for(bob.address), [])
        print({event["reason"] for event in self.gateway.events(event="deferred", recipient=bob.address)}, end=" ")
        (self.disk / "ballast").unlink()
        self.comes_once(bob, sent, 120)


class DiskThatFillsUp(OnASmallDisk):
    """There is room enough to begin, and ENOSPC before the end of the rendition."""
    mebibytes = 256

    def test_mail_waits_for_room(self):
        bob = self.smime_person()
        self.knows(bob)
        with locked_to_readers(self.gateway.state / "keys.db"):  # it is not sealed before the disk is nearly full
            sent = self.send(bob.address, text=self.text() + base64.encodebytes(os.urandom(20_000_000)).replace(b"\n", b"\r\n"))
            mounts.leave_free(self.disk, 3 << 20)
            self.assertNotIn("No space left", self.gateway.log_file.read_text())
        self.assertTrue(wait_until(lambda: "No space left on device" in self.gateway.log_file.read_text(), 60), "the disk was never full: "
                        f"{self.gateway.events(event='deferred')}, {mounts.free(self.disk)} octets free")
        time.sleep(3)  # it is tried again meanwhile
        self.assertEqual(self.came_for(bob.address), [])
        self.assertIsNone(self.gateway.process.poll(), "posternd ended")
        (self.disk / "ballast").unlink()
        self.comes_once(bob, sent, 120)


class TheSearch(Failing):
    """It finds what it is meant to find."""

    def nothing_leaked(self):
        pass

    def test_it_finds_a_file_with_the_marker_in_each_form(self):
        self.begin()
        for leak in (self.marker, base64.b64encode(b"ab" + self.marker), self.marker.decode().encode("utf-16-le")):
            path = self.gateway.state / "left"
            path.write_bytes(b"before " + leak + b" after")
            self.assertEqual(files_with(self.marker, [self.gateway.folder], self.began), [str(path)])
        path.unlink()
        self.assertEqual(files_with(self.marker, [self.gateway.folder]), [])

    def test_a_leak_fails_the_test(self):
        self.begin()
        for place in (self.gateway.state / "left", Path("/tmp") / f"left-{os.getpid()}", Path("/dev/shm") / f"left-{os.getpid()}"):
            place.write_bytes(self.marker)
            try:
                with self.assertRaises(AssertionError):
                    super().nothing_leaked()
            finally:
                place.unlink()
        super().nothing_leaked()

    def test_the_trace_sees_what_a_child_writes_into_a_file_that_is_gone_again(self):
        """posternd under the same strace, started by a shell that leaks as a careless child would."""
        leak = f'printf %s "{self.marker.decode()}" > "{self.gateway.folder}/leak"; rm "{self.gateway.folder}/leak"; exec "$@"'
        self.gateway.wrapper += ["sh", "-c", leak, "sh"]
        self.begin()
        self.gateway.stop()
        self.assertEqual(files_with(self.marker, [self.gateway.folder]), [])
        self.assertEqual(self.watch.writes_of(self.marker), [f"write {self.gateway.folder}/leak"])

    def test_the_trace_sees_whole_messages_that_posternd_itself_writes(self):
        """Mail that needs no protection leaves plain by a socket; its text stands far behind what strace would show by default."""
        plain = self.stage.open("plain.example", certificate=None)
        self.begin()
        self.send("bob@plain.example", text=(b"x" * 70 + b"\r\n") * 200 + self.text())
        self.assertTrue(plain.wait(1))
        self.gateway.stop()
        self.assertGreater(self.watch.sent(self.marker), 0)
        self.assertEqual(self.watch.writes_of(self.marker), [])


if __name__ == "__main__":
    unittest.main()
