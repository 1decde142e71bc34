"""A retry sends the octets of the first attempt, whatever answered that one, and across a restart of the gateway."""
import unittest

from gateway import wait_until
from sealing_scene import SealedScene, armour_of, entity_of
from sink import Session, Sink


class Hesitant(Sink):
    """451 to the first `refusals` messages, after their final dot; keeps what it heard of each."""

    def __init__(self, *arguments, refusals=1, **options):
        self.refusals, self.heard = refusals, []
        super().__init__(*arguments, **options)

    def session(self, connection):
        return HesitantSession(self, connection)


class HesitantSession(Session):
    def keep(self, body, raw):
        with self.sink.changed:
            self.sink.heard.append(body)
            later = len(self.sink.heard) <= self.sink.refusals
        if not later:
            super().keep(body, raw)
            return
        self.sender, self.recipients = None, []
        self.wire.send(b"451 4.3.0 Later\r\n")


class Retries(SealedScene, anew=True):
    def hesitant(self, name, **options):
        self.stage.sinks[name + ".example"].close()
        return self.stage.open(name + ".example", certificate=None, kind=Hesitant, **options)

    def begin(self, *people):
        self.gateway.start()
        self.knows(*people)

    def opens(self, person, body):
        return person.opens(body) if hasattr(person, "certificate") else person.opens(armour_of(body))[0]

    def is_the_same_each_time(self, person, sink, sent, times):
        self.assertTrue(wait_until(lambda: sink.messages, 40), self.gateway.events()[-2:])
        self.assertEqual(len(sink.heard), times)
        self.assertEqual(len(set(sink.heard)), 1, "attempts differ")
        self.assertEqual(self.opens(person, sink.heard[0]), entity_of(sent))

    def test_after_451_to_the_message(self):
        bob, tom = self.smime_person(), self.pgp_person()
        smime, pgp = self.hesitant("smime", refusals=2), self.hesitant("pgp", refusals=2)
        self.begin(bob, tom)
        for person, sink in ((bob, smime), (tom, pgp)):
            self.is_the_same_each_time(person, sink, self.send(person.address), 3)

    def test_after_a_restart_in_between(self):
        bob, tom = self.smime_person(), self.pgp_person()
        smime, pgp = self.hesitant("smime"), self.hesitant("pgp")
        self.gateway.delivery |= {"retry": ["4s", "4s"]}
        self.configure()
        self.begin(bob, tom)
        sent = [self.send(person.address) for person in (bob, tom)]
        self.assertTrue(wait_until(lambda: smime.heard and pgp.heard))
        self.is_deferred(tom.address)
        self.is_deferred(bob.address)
        self.gateway.stop()
        self.assertEqual(len(smime.heard) + len(pgp.heard), 2)
        self.gateway.start()
        for person, sink, message in ((bob, smime, sent[0]), (tom, pgp, sent[1])):
            self.is_the_same_each_time(person, sink, message, 2)

    def test_after_a_kill_in_between(self):
        bob = self.smime_person()
        smime = self.hesitant("smime")
        self.gateway.delivery |= {"retry": ["4s", "4s"]}
        self.configure()
        self.begin(bob)
        sent = self.send(bob.address)
        self.is_deferred(bob.address)
        self.gateway.kill()
        self.gateway.start()
        self.is_the_same_each_time(bob, smime, sent, 2)

    def test_a_grey_list_gets_one_sealed_message(self):
        bob = self.smime_person()
        self.stage.sinks["smime.example"].close()
        grey = self.stage.open("smime.example", certificate=None, greylist=True)
        self.begin(bob)
        sent = self.send(bob.address)
        self.assertEqual(bob.opens(self.arrives(grey, 1)), entity_of(sent))
        self.assertEqual(len(grey.messages), 1)
        self.assertEqual(len(self.gateway.events(event="deferred", recipient=bob.address)), 1)

    def test_what_is_compared_differs_where_it_is_sealed_twice(self):
        """Two messages with the same text are two renditions: fresh keys each, so equal octets mean the stored rendition."""
        bob = self.smime_person()
        self.begin(bob)
        for count in (1, 2):
            self.send(bob.address)
            self.arrives(self.smime, count)
        sealed = [message.body.split(b"\r\n\r\n", 1)[1] for message in self.smime.messages]
        self.assertNotEqual(*sealed)


if __name__ == "__main__":
    unittest.main()
