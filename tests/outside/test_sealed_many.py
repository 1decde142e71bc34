"""A megabyte for many recipients, sealed: each gets octets that open to those that were sent, nobody gets them twice, and neither memory nor
the spool's disk grows with what is sealed for all of them together.

A message takes as many recipients as `listener.limit.recipients` says, 1,000 where nobody says more; a sender of more sends it several
times. Here one message brings them all: that is the hardest, since what costs with each recipient of a message shows by its square. Those
whom To shows share a rendition; of the hidden ones each has one of her own.

Some hundred recipients; 10,000 with POSTERN_FULL=1, whose figures go to docs/results/.
"""
import collections
import hashlib
import os
import time
import unittest

import results
from crowd import FULL, MIB, programs
from gateway import wait_until
from mail_keys import SmimePerson
from memory import Peak, Sampler
from scene import ANN, below_trace
from sealing_scene import SealedScene, armour_of, entity_of
from sink import Session, Sink

HIDDEN, SHOWN = (2_000, 8_000) if FULL else (60, 150)
MEMORY, DISK = 256 if FULL else 160, 320  # MiB beyond an idle gateway and an empty spool; what is sealed takes thousands of them in the long form
LINE = b"0123456789abcdefghijklmnopqrstuvwxyz+/ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567\r\n"
measured = {}


def tearDownModule():
    if FULL and measured:
        results.write("sealed-many", programs=programs(), tests=measured)


class Opening(Sink):
    """Opens each message when it has come, by the key of one of `people`, and keeps the digest of what that gave: of S/MIME, of what the
    sender signed."""
    people = {}  # by domain or address
    authority = None
    signed = {}  # what a signature was verified of, by digest of all: once for all who have the same

    def content(self, opened):
        digest = hashlib.sha256(opened).digest()
        if digest not in self.signed:
            self.signed[digest] = SmimePerson.verifies(opened, self.authority, ANN)
        return self.signed[digest]

    def session(self, connection):
        return OpeningSession(self, connection)

    def opened(self, message, recipients):
        (person,) = {self.people.get(one) or self.people[one.split("@")[1]] for one in recipients}
        if isinstance(person, SmimePerson):
            return self.content(person.opens(message))
        return person.opens(armour_of(message))[0]


class OpeningSession(Session):
    def keep(self, body, raw):
        opened = self.sink.opened(below_trace(body), self.recipients)
        super().keep(hashlib.sha256(opened).hexdigest().encode(), b"")


class Counting(Opening):
    """Opens nothing."""

    def opened(self, message, recipients):
        return b""


def letter(shown, octets=MIB):
    to = b",\r\n ".join(b"<" + one.encode() + b">" for one in shown) or b"undisclosed-recipients:;"
    return (b"From: <" + ANN.encode() + b">\r\nTo: " + to + b"\r\nSubject: To all\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + LINE * (octets // len(LINE)))


def octets_in(folder):
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * 512
        except OSError:
            continue
    return total


class MostOctets(Sampler):
    """The most that a folder had of the disk."""

    def __init__(self, folder):
        super().__init__(0.1)
        self.folder, self.top = folder, octets_in(folder)

    def look(self):
        self.top = max(self.top, octets_in(self.folder))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def addresses(name, count, domain):
    return [f"{name}{number:05}@{domain}" for number in range(count)]


class Many(SealedScene, anew=True):
    delivery = {"protect_patience": "2h", "expire": "4h"}

    def begin(self, domain, kind=Opening):
        """Its server, and a gateway that takes so many recipients."""
        self.stage.sinks[domain].close()
        sink = self.stage.open(domain, certificate=None, kind=kind)
        sink.people, sink.signed, sink.authority = {}, {}, self.authority
        self.gateway.listener = {"m365": {"limit": "{ per_client = 1000, recipients = 20000 }"}}
        self.configure()
        return sink

    def start(self, sender):
        """The key store has all keys by then."""
        self.signs_as(sender)
        self.gateway.start()

    def knows_for(self, name, person):
        self.keys("import", "--for", name, getattr(person, "public", None) or person.certificate)

    def sent_to_all(self, sink, to, sent, within):
        """Seconds of CPU. Each of them has it once, and nothing waits."""
        pid = self.gateway.process.pid
        before, began = cpu_seconds(pid), time.monotonic()
        with Peak(pid) as peak, MostOctets(self.gateway.state) as disk:
            before_it = sum(len(message.recipients) for message in list(sink.messages))
            self.send_as_it_is(to, sent)
            arrived = wait_until(lambda: sum(len(message.recipients) for message in list(sink.messages)) >= before_it + len(to), within, 0.2)
        took, cpu = time.monotonic() - began, cpu_seconds(pid) - before
        figures = peak.in_mib() | {"recipients": len(to), "octets": len(sent), "messages": len(sink.messages), "seconds": round(took, 1),
                                   "cpu_seconds": round(cpu, 1), "most_disk": round(disk.top / MIB)}
        measured[self.id().split(".", 1)[1]] = figures
        print(figures, end=" ", flush=True)
        self.assertTrue(arrived, f"they did not all arrive: {self.gateway.events()[-2:]}")
        times = collections.Counter(one for message in sink.messages for one in message.recipients)
        self.assertEqual([one for one in to if times[one] != 1], [])
        self.assertTrue(wait_until(lambda: not self.gateway.queue()), "it stays in the queue")
        self.assertGreater(peak.samples, 2)
        self.assertLess(peak.growth / MIB, MEMORY)
        self.assertLess(disk.top / MIB, DISK)
        return cpu

    def all_open(self, sink, shown, hidden, sent):
        self.sent_to_all(sink, shown + hidden, sent, 120 + len(shown + hidden))
        self.assertEqual({message.body for message in sink.messages}, {hashlib.sha256(entity_of(sent)).hexdigest().encode()})
        alone = collections.Counter(len(message.recipients) == 1 for message in sink.messages)
        self.assertGreaterEqual(alone[True], len(hidden))  # nobody shares with a hidden one
        self.assertTrue(all(not set(message.recipients) & set(hidden) for message in sink.messages if len(message.recipients) > 1))

    def test_smime_by_a_domains_certificate(self):
        sink = self.begin("smime.example")
        sink.people["smime.example"] = SmimePerson(self.people, "gate@smime.example", self.authority)
        self.knows_for("@smime.example", sink.people["smime.example"])
        self.start(SmimePerson(self.people, ANN, self.authority))
        shown, hidden = addresses("shown", SHOWN, "smime.example"), addresses("hidden", HIDDEN, "smime.example")
        self.all_open(sink, shown, hidden, letter(shown))

    def test_smime_by_keys_of_their_own(self):
        sink = self.begin("smime.example")
        hidden = addresses("own", 12, "smime.example")
        for one in hidden:
            sink.people[one] = SmimePerson(self.people, one)
        self.knows(*sink.people.values())
        self.start(SmimePerson(self.people, ANN, self.authority))
        self.all_open(sink, [], hidden, letter([]))

    def test_openpgp(self):
        sink = self.begin("pgp.example")
        sink.people["pgp.example"] = self.pgp_person("gate@pgp.example")
        self.knows_for("@pgp.example", sink.people["pgp.example"])
        ann = self.pgp_person(ANN)
        sink.people["pgp.example"].knows(ann)
        self.start(ann)
        shown, hidden = addresses("shown", 30, "pgp.example"), addresses("hidden", 200 if FULL else 15, "pgp.example")
        self.all_open(sink, shown, hidden, letter(shown))

    def test_each_hidden_one_costs_as_much_as_among_few(self):
        """A bound for a square: from 100 to 1,000 recipients, ten times the work and not a hundred times."""
        sink = self.begin("smime.example", Counting)
        self.knows_for("@smime.example", SmimePerson(self.people, "gate@smime.example", self.authority))
        self.start(SmimePerson(self.people, ANN, self.authority))
        many = 4_000 if FULL else 1_000
        few_cost = self.sent_to_all(sink, addresses("few", 100, "smime.example"), letter([], 2_000), 120)
        cost = self.sent_to_all(sink, addresses("many", many, "smime.example"), letter([], 2_000), 60 + many) / many
        print(f"{few_cost * 10:.1f} ms of CPU for each of 100, {cost * 1000:.1f} for each of {many}", end=" ")
        self.assertLess(cost, 2.5 * few_cost / 100)


if __name__ == "__main__":
    unittest.main()
