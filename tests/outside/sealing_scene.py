"""What tests of sealed mail start from: domains without TLS (what is sealed needs none), a mail authority, people, and a gateway that
seals. For a class of tests, or anew for each:

    class Something(SealedScene):                   # once a class; `smime`, `pgp`, `both` and `mixed` are the recipients' servers
        keys_settings = 'openpgp = "gnupg"'         # more of [keys]; `settings`: more of the configuration
    class Failing(SealedScene, anew=True): …        # a stage and a gateway for each test, which starts them: self.begin()
"""
import email
import time
import unittest

from gateway import TENANTS, wait_until
from mail_keys import MailAuthority, PgpPerson, SmimePerson, run
from scene import ANN, below_trace
from stage import temporary_stage

TO_IT = " to the recipient's server"
SECRET = b"Hello Bob, the result is positive.\r\n\xc3\xa9\r\n"
POLICY = """\
version = 1
[[rule]]
name = "smime"
when.to = "smime.example"
then = { action = "protect", methods = ["smime"], reason = "By S/MIME" }
[[rule]]
name = "pgp"
when.to = "pgp.example"
then = { action = "protect", methods = ["openpgp"], reason = "By OpenPGP" }
[[rule]]
name = "both"
when.to = "both.example"
then = { action = "protect", methods = ["smime", "openpgp"], reason = "By either" }
[[rule]]
name = "mixed"
when.to = "mixed.example"
then = { action = "protect", methods = ["smime", "tls"], reason = "Sealed, or by TLS" }
"""


def letter(to, extra=b"", text=SECRET):
    return (b"From: <" + ANN.encode() + b">\r\nTo: <" + to.encode() + b">\r\nSubject: Lunch\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n" + extra + b"\r\n" + text)


def entity_of(message):
    """What must come out again: the Content-* fields with the lines that continue them, and the body."""
    header, body = message.split(b"\r\n\r\n", 1)
    fields, keep = [], False
    for line in header.split(b"\r\n"):
        keep = keep if line[:1] in (b" ", b"\t") else line.lower().startswith(b"content-")
        fields += [line + b"\r\n"] if keep else []
    return b"".join(fields) + b"\r\n" + body


def armour_of(message):
    """RFC 3156 §4: two parts, of these types."""
    parsed = email.message_from_bytes(message)
    assert parsed.get_content_type() == "multipart/encrypted" and parsed.get_param("protocol") == "application/pgp-encrypted"
    control, sealed = parsed.get_payload()
    assert control.get_content_type() == "application/pgp-encrypted" and control.get_payload().strip() == "Version: 1"
    assert sealed.get_content_type() == "application/octet-stream"
    return sealed.get_payload().encode()


def fingerprint(certificate):
    text = run("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256").decode()
    return text.split("=")[1].strip().replace(":", "").lower()


def furnish(place, clean_up):
    """`place` is the class or the test."""
    place.stage = temporary_stage(clean_up)
    for name in ("smime", "pgp", "both"):
        setattr(place, name, place.stage.open(name + ".example", certificate=None))
    place.mixed = place.stage.open("mixed.example")
    place.people = place.stage.folder / "people"
    place.people.mkdir()
    place.authority = MailAuthority(place.people)
    place.gateway = place.stage.gateway(policy=place.policy, tenants=place.tenants, start=False, **place.delivery)
    place.gateway.discovery |= place.discovery
    place.configure()
    clean_up(place.gateway.stop)


class SealedScene(unittest.TestCase):
    policy, tenants, delivery, discovery, keys_settings, settings, anew = POLICY, TENANTS, {}, {}, "", "", False

    def __init_subclass__(cls, anew=None, **more):
        super().__init_subclass__(**more)
        cls.anew = cls.anew if anew is None else anew
        cls.configure = cls.configure_it if cls.anew else classmethod(cls.configure_it)

    @classmethod
    def setUpClass(cls):
        if not cls.anew:
            furnish(cls, cls.addClassCleanup)
            cls.before_start()
            cls.gateway.start()

    def setUp(self):
        if self.anew:
            furnish(self, self.addCleanup)

    @classmethod
    def before_start(cls):
        """A class may make files that its configuration names."""

    def configure_it(self):
        self.gateway.write_configuration(extra=f'\n[keys]\nroots = "{self.authority.certificate}"\n{self.keys_settings}\n{self.settings}\n')

    def keys(self, *arguments):
        done = self.gateway.run("keys", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def knows(self, *people):
        """Imported, and in the running gateway's index, which may be two seconds old (docs/keys.md)."""
        for person in people:
            self.keys("import", getattr(person, "public", None) or person.certificate)
        if self.gateway.process is not None:
            time.sleep(2.5)

    def signs_as(self, person):
        """The sender's identity from now on, until the end of the test."""
        if isinstance(person, PgpPerson):
            self.keys("identities", "import", person.public, "--private-key", person.secret)
            name = person.fingerprint
        else:
            self.keys("identities", "import", person.certificate, "--private-key", person.key)
            name = fingerprint(person.certificate)
        self.addCleanup(self.gateway.run, "keys", "identities", "remove", name)

    def smime_person(self, address="bob@smime.example", *arguments, **options):
        return SmimePerson(self.people, address, *arguments, **options)

    def pgp_person(self, address="tom@pgp.example", **options):
        person = PgpPerson(self.people, address, **options)
        self.addCleanup(person.close)
        return person

    def explained(self, message, address):
        path = self.stage.folder / "asked.eml"
        path.write_bytes(message)
        told = self.gateway.run("explain", path, "--to", address, "--from", ANN, json_answer=True)
        return told["recipients"][0]

    def rungs(self, address):
        return self.explained(letter(address), address)["ladder"]

    def send_as_it_is(self, to, message):
        with self.gateway.sender() as exchange:
            replies = exchange.send(ANN, [to] if isinstance(to, str) else to, message)
        self.assertEqual(replies[-1].code, 250, replies)
        return message

    def send(self, to, **options):
        return self.send_as_it_is(to, letter(to if isinstance(to, str) else to[0], **options))

    def arrives(self, sink, count, timeout=30.0):
        """The message no. `count` of that server, below the trace."""
        self.assertTrue(wait_until(lambda: len(sink.messages) >= count, timeout), f"the message did not arrive: {self.gateway.events()[-3:]}")
        message = sink.messages[count - 1]
        self.assertNotIn(b"positive", message.body)
        return below_trace(message.body)

    def arrived(self, sink, to, timeout=40):
        """What came for `to`, below our trace; never in the clear."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for message in list(sink.messages):
                self.assertNotIn(b"positive", message.body)
                if message.recipients == [to]:
                    return below_trace(message.body)
            time.sleep(0.1)
        self.fail(f"nothing came for {to}: {self.gateway.events()[-3:]}")

    def is_held(self, address, timeout=30.0):
        """Held for want of a rung, and the sender told."""
        held = self.gateway.wait_for(timeout, event="held", recipient=address)
        self.assertTrue(held, self.gateway.events()[-3:])
        self.assertTrue(wait_until(lambda: any(address.encode() in notice for notice in self.stage.notices())), "the sender was not told")
        return held[0]

    def is_deferred(self, address, timeout=30.0):
        deferred = self.gateway.wait_for(timeout, event="deferred", recipient=address)
        self.assertTrue(deferred, self.gateway.events()[-3:])
        return deferred[0]
