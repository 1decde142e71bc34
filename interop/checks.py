"""What every peer is asked, as the recipient's server (Receives) and as the sender's (Sends). A peer's module derives from them:

    class EximReceives(Receives, unittest.TestCase):
        def open_peer(cls, address, port, certificate): return Exim(…)       # a classmethod; for real.example, where only bob lives

    class EximSends(Sends, unittest.TestCase):
        def open_peer(cls, address, port, gateway): return Exim(…)           # hands all it takes to the gateway

A peer that changes a message says so in `changes`, and one that refuses it in `refuses` and with a test of its own that calls
check_that_it_refuses_for_their_form: a quirk that is gone is a failure.
"""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "outside"))
from gateway import wait_until  # noqa: E402
from messages import ANN, BOB, MESSAGES, difference, fields, head, message_id, split_trace  # noqa: E402
from ports import free_port  # noqa: E402
from sender import Sender, queue_id  # noqa: E402
from stage import temporary_stage  # noqa: E402

OUR_TRACE = re.compile(rb"Received: from \S+ \(\[127\.0\.0\.1\]\)\s+by gw\.clinic\.example \(Postern\) with ESMTPS\s+\(TLSv(1\.[23]) \S+\)\s")

# What a peer may need of the tenant's configuration, as changes for gateway_with:
NO_CERTIFICATE = (', certificate = ["mail.clinic.example"]', "")    # it has none to show
ITS_OWN_NOTICES = ('["clinic.example"]', '["clinic.example", "mail.clinic.example"]')  # their From is at its host name


class Side:
    """What both sides share."""
    adds = {"received"}     # names of the fields that the peer puts on top
    changes = {}            # message name: what it makes of it, bytes → bytes (CRLF)
    refuses = {}            # message name: the code that it refuses it with

    @classmethod
    def set_the_stage(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)

    def carries(self):
        return {name: message for name, message in MESSAGES.items() if name not in self.refuses}

    def find(self, where, name):
        return wait_until(lambda: next((one for one in where() if b"\nMessage-ID: " + message_id(name) in one.replace(b"\r\n", b"\n")), None),
                          timeout=20)

    def event(self, kind, number):
        """The one of this kind about the message."""
        found = self.gateway.wait_for(event=kind, queue_id=number)
        self.assertEqual(len(found), 1, f"`{kind}` events; there are {[event['event'] for event in self.gateway.events(queue_id=number)]}")
        return found[0]

    def check_octets(self, name, came, sent):
        """`came` with CRLF: the trace fields are the peer's and ours, and below them nothing is different. The trace, for more."""
        trace, rest = split_trace(came, sent)
        self.assertIsNone(difference(rest, self.changes.get(name, lambda same: same)(sent)))
        names = [field for field, _ in fields(trace)]
        self.assertEqual(set(names), self.adds)
        return [text for _, text in fields(trace)]


class Receives(Side):
    """The gateway sends; the peer is the server of real.example."""
    line_end = b"\n"        # how it keeps lines
    tls = True              # False: its TLS does not work, and mail that policy does not protect comes in the clear
    chunks = None           # how its log says that mail came by BDAT; None: it does not offer CHUNKING

    @classmethod
    def setUpClass(cls):
        cls.set_the_stage()
        address = cls.stage.name("real.example")
        cls.peer = cls.open_peer(address, cls.stage.port, cls.stage.certificate("real.example"))
        cls.addClassCleanup(cls.peer.stop)
        cls.gateway = cls.stage.gateway()
        cls.addClassCleanup(cls.gateway.stop)

    def send(self, *messages, to=BOB):
        """In one session; the queue id of the last."""
        with self.gateway.sender() as exchange:
            for message in messages:
                reply = exchange.send(ANN, [to], message)[-1]
                self.assertEqual(reply.code, 250, reply.text)
        return queue_id(reply)

    def kept(self):
        """With CRLF, however the peer keeps its mail."""
        return [message.replace(self.line_end, b"\r\n") for message in self.peer.mailbox()]

    def notice_about(self, number):
        return wait_until(lambda: next((one for one in self.stage.notices() if number.encode() in one), None), timeout=20)

    def test_every_octet_is_the_same(self):
        self.send(*self.carries().values())
        for name, sent in self.carries().items():
            with self.subTest(name):
                came = self.find(self.kept, name)
                self.assertIsNotNone(came, "it did not arrive; the peer said: " + self.peer.said()[-1500:])
                trace = self.check_octets(name, came, sent)
                self.assertRegex(trace[-1], OUR_TRACE)
        delivered = self.gateway.wait_for(event="delivered", action="deliver", recipient=BOB, count=len(self.carries()))
        self.assertEqual({"cleartext" in event for event in delivered}, {not self.tls})

    def test_mail_comes_in_chunks_where_the_peer_offers_that(self):
        with Sender(self.peer.address, self.peer.port, starttls=False) as connection:
            self.assertEqual("CHUNKING" in connection.hello.lines, self.chunks is not None, connection.hello.lines)
        if self.chunks:
            self.send(head("chunks") + b"\r\n.x\r\n")
            self.assertTrue(wait_until(lambda: re.search(self.chunks, self.peer.said()), timeout=20), self.peer.said()[-1500:])

    def check_that_it_refuses_for_their_form(self):
        for name, code in self.refuses.items():
            with self.subTest(name):
                number = self.send(MESSAGES[name])
                self.check_bounce(number, code)

    def test_protected_mail_takes_verified_tls(self):
        number = self.send(head("secure", subject="[secure] report") + b"\r\nfine\r\n")
        delivered = self.event("delivered", number)
        self.assertEqual((delivered["action"], delivered["host"]), ("protect", "mx.real.example"))
        self.assertEqual((delivered["tls"]["verified"], delivered["tls"]["peer"]), (True, "mx.real.example"))
        self.assertEqual(delivered["tls"]["version"], "1.3")
        self.assertIsNotNone(self.find(self.kept, "secure"))

    def test_an_unknown_recipient_is_told_to_the_sender_by_code_without_the_peers_words(self):
        said = self.ask_about("unknown@real.example")
        self.assertEqual(said.code // 100, 5, said.text)
        number = self.send(head("unknown") + b"\r\nx\r\n", to="unknown@real.example")
        bounced, notice = self.check_bounce(number, said.code)
        status, words = re.match(r"([245]\.\d+\.\d+ )?(.*)", said.lines[0]).groups()
        if status:
            self.assertEqual(bounced["status"], status.strip())
        self.assertTrue(words)
        self.assertNotIn(words.encode(), notice)
        self.assertNotIn(words, str(self.gateway.events()))

    def ask_about(self, recipient):
        with Sender(self.peer.address, self.peer.port, starttls=False) as connection:
            return connection.envelope(ANN, [recipient], pipelining=False)[-1]

    def check_bounce(self, number, code):
        bounced = self.event("bounced", number)
        self.assertEqual((bounced["reply_code"], bounced["host"]), (code, "mx.real.example"))
        notice = self.notice_about(number)
        self.assertIsNotNone(notice, "the sender was not told")
        self.assertRegex(notice, rb"\r\nAction: failed\r\nStatus: 5\.\d+\.\d+\r\n")
        self.assertRegex(notice, rb"\r\nRemote-MTA: dns; mx.real.example\r\nDiagnostic-Code: smtp; %d\b" % code)
        return bounced, notice


class Sends(Side):
    """The peer is the clinic's own server and has the gateway for its way out; the other end is a sink that keeps exact octets."""
    bounce_says = rb"550[ -]#?5\.7\.1"    # the gateway's answer, as the peer's notice to the sender quotes it
    origin = "network,certificate,mail-from,from"

    @classmethod
    def setUpClass(cls):
        cls.set_the_stage()
        cls.sink = cls.stage.open("real.example")
        cls.gateway = cls.open_gateway()
        cls.addClassCleanup(cls.gateway.stop)
        cls.peer = cls.open_peer("127.0.0.41", free_port(), cls.gateway)
        cls.addClassCleanup(cls.peer.stop)

    @classmethod
    def open_gateway(cls):
        return cls.stage.gateway()

    @classmethod
    def gateway_with(cls, *changes):
        """One whose configuration is changed: pairs of the old text and the new."""
        gateway = cls.stage.gateway(start=False)
        text = gateway.configuration.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        gateway.configuration.write_text(text)
        gateway.start()
        return gateway

    def connect(self):
        return Sender(self.peer.address, self.peer.port, starttls=False)

    def submit(self, *messages):
        """In one session; the codes of the peer's last answers."""
        with self.connect() as connection:
            pipelining = "PIPELINING" in connection.hello.lines
            return [connection.send(ANN, [BOB], message, pipelining=pipelining)[-1].code for message in messages]

    def came(self):
        return [message.body for message in self.sink.messages]

    def test_every_octet_is_the_same(self):
        self.assertEqual(set(self.submit(*self.carries().values())), {250})
        for name, sent in self.carries().items():
            with self.subTest(name):
                came = self.find(self.came, name)
                self.assertIsNotNone(came, "it did not arrive; the peer said: " + self.peer.said()[-1500:])
                trace = self.check_octets(name, came, sent)
                self.assertRegex(trace[0], OUR_TRACE)

    def check_that_it_refuses_for_their_form(self):
        for name, code in self.refuses.items():
            with self.subTest(name):
                self.assertEqual(self.submit(MESSAGES[name]), [code])

    def test_it_comes_by_tls_and_with_what_proves_the_tenant(self):
        self.assertEqual(self.submit(head("proof") + b"\r\nx\r\n"), [250])
        came = self.find(self.came, "proof")
        self.assertIsNotNone(came, self.peer.said()[-1500:])
        self.assertEqual(OUR_TRACE.match(came).group(1), b"1.3")
        accepted = self.gateway.events(event="accepted", message_id=message_id("proof").decode())
        self.assertEqual([event["origin"] for event in accepted], [self.origin])
        self.check_tls_as_the_peer_saw_it()

    def check_tls_as_the_peer_saw_it(self):
        """A line in the peer's log that says that it verified the gateway's certificate, where it writes one."""

    def test_what_the_gateway_refuses_comes_back_to_the_sender(self):
        answer = self.submit(head("internal", extra=b"X-Classification: internal-only\r\n") + b"\r\nx\r\n")
        self.assertEqual(answer, [250])
        rejected = self.gateway.wait_for(event="rejected", reply_code=550)
        self.assertEqual(len(rejected), 1, self.peer.said()[-1500:])
        self.check_notice()
        self.assertFalse([one for one in self.came() if message_id("internal") in one], "refused mail went out")

    def check_notice(self):
        """The peer has no other way out, so its notice, with the null sender, comes through the gateway too."""
        notice = wait_until(lambda: next(iter(self.stage.notices()), None), timeout=20)
        self.assertIsNotNone(notice, "no notice came to ann; the peer said: " + self.peer.said()[-1500:])
        self.assertRegex(notice, self.bounce_says)
        self.assertRegex(notice, OUR_TRACE)
