"""Exchange Online on both sides of the gateway, scripted: what it sends arrives octet by octet, its retries lose and change nothing, and
what goes back into it is known there, by its rules leaves once, and never goes round."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "outside"))
import exchange_messages as mails  # noqa: E402
from exchange_client import CERTIFICATE, ExchangeClient, Outbox, words  # noqa: E402
from exchange_connector import RELAY_DENIED, SERVER_BUSY, TOO_MANY, WRONG_REGION, ExchangeConnector, TransportRules  # noqa: E402
from gateway import wait_until  # noqa: E402
from messages import difference  # noqa: E402
from ports import free_port  # noqa: E402
from scene import below_trace  # noqa: E402
from sender import queue_id  # noqa: E402
from stage import temporary_stage  # noqa: E402

MARKER = "present-marker-0123456789"
HOST = "clinic-example.mail.protection.outlook.com"
BIND = (f'networks = ["127.0.0.0/8"], certificate = ["{CERTIFICATE}"], originator_org = ["{mails.ORGANISATION}"], '
        f'tenant_id = ["{mails.TENANT}"], header = {{ name = "{mails.KEY_NAME}", value = "file:clinic-key" }}')
NOT_OURS = "5.7.1 This gateway does not send mail for this sender; your mail administrator can look up why"


def tenants(route):
    return f'\n[tenant.clinic]\ndomains = ["clinic.example", "clinic.onmicrosoft.com"]\nbind = {{ {BIND} }}\n{route}\n'


def without_key(message):
    return message.replace(mails.rule_s(), b"")


class Exchange(unittest.TestCase):
    route = 'route = { via = "mx" }'

    @classmethod
    def setUpClass(cls):
        cls.stage = temporary_stage(cls.addClassCleanup)
        cls.good = cls.stage.open("good.example", offers=("SMTPUTF8", "CHUNKING"))
        cls.gateway = cls.stage.gateway(start=False, tenants=tenants(cls.route))
        (cls.gateway.folder / "clinic-key").write_text(mails.KEY + "\n")
        cls.prepare()
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop)
        cls.shared = cls.stage.authority.client(CERTIFICATE)

    @classmethod
    def prepare(cls):
        """What else there must be before the gateway starts."""

    def client(self, **options):
        return ExchangeClient(self.gateway.ports["m365"], self.stage.authority.certificate, self.shared, **options)

    def submit(self, body, sender=mails.ANN, to=mails.BOB, **options):
        reply = self.client(**options).submit(sender, [to], body)[-1]
        self.assertEqual(reply.code, 250, reply.text)
        return queue_id(reply)

    def arrived(self, sink, number):
        def found():
            return [message for message in sink.messages if number.encode() in message.body[:1000]]
        self.assertTrue(wait_until(found), "the message did not arrive")
        (message,) = found()
        return message

    def same(self, came, sent):
        self.assertIsNone(difference(came, sent))


class Sends(Exchange):
    def test_every_kind_of_mail_arrives_octet_by_octet(self):
        for name, body in mails.KINDS.items():
            with self.subTest(name):
                self.same(below_trace(self.arrived(self.good, self.submit(body)).body), without_key(body))

    def test_whatever_the_chunks(self):
        body = mails.KINDS["alternative"]
        for size in (1 << 20, 4096, len(body) // 2 + 1, 997, 61):
            with self.subTest(size):
                self.same(below_trace(self.arrived(self.good, self.submit(body, chunk=size)).body), without_key(body))

    def test_a_last_chunk_may_be_empty(self):
        body = mails.KINDS["plain"]
        with self.client().connect() as session:
            session.wire.send(f"MAIL FROM:<{mails.ANN}>\r\nRCPT TO:<{mails.BOB}>\r\n".encode() + b"BDAT %d\r\n" % len(body) + body + b"BDAT 0 LAST\r\n")
            replies = [session.read() for _ in range(4)]
        self.assertEqual([reply.code for reply in replies], [250] * 4)
        self.same(below_trace(self.arrived(self.good, queue_id(replies[-1])).body), without_key(body))

    def test_reports_with_the_null_sender(self):
        for name, body in mails.REPORTS.items():
            with self.subTest(name):
                number = self.submit(body, sender="")
                message = self.arrived(self.good, number)
                self.assertEqual(message.sender, "")
                self.same(below_trace(message.body), without_key(body))
                (event,) = self.gateway.wait_for(event="accepted", queue_id=number)
                self.assertTrue(event["origin"].endswith("class:null-sender"), event["origin"])

    def test_international_mail(self):
        message = self.arrived(self.good, self.submit(mails.INTERNATIONAL, to="jürgen@good.example"))
        self.assertEqual([one.encode("latin-1").decode() for one in message.recipients], ["jürgen@good.example"])
        self.assertIn("SMTPUTF8", message.parameters[0])
        self.same(below_trace(message.body), without_key(mails.INTERNATIONAL))

    def test_it_says_what_was_offered_and_hears_555_or_500_for_the_rest(self):
        with self.client().connect() as session:
            offered = words(session.hello)
            said = self.client().parameters(offered, mails.ANN, [mails.BOB], b"x")
            self.assertEqual(said, "SIZE=1 BODY=7BIT")
            self.assertEqual(self.client().parameters(offered | {"XOORG": "", "AUTH": "LOGIN"}, mails.ANN, [mails.BOB], b"x"),
                             "SIZE=1 BODY=7BIT AUTH=<> XOORG=clinic.example")
            # RFC 5321 §4.1.1.11 and §4.2.4: both are refused, and the session goes on.
            for parameter in ("XOORG=clinic.example", "AUTH=<>", "XMESSAGECONTEXT=ADRC-1", "XSHADOW=1"):
                reply = session.command(f"MAIL FROM:<{mails.ANN}> {parameter}".encode())
                self.assertEqual((reply.code, reply.text[:5]), (555, "5.5.4"), parameter)
            for verb in (b"X-EXPS NTLM", b"X-EXPS GSSAPI", b"XEXCH50 1024 2", b"X-ANONYMOUSTLS"):
                self.assertEqual(session.command(verb).code, 500, verb)
            self.assertEqual(session.send(mails.ANN, [mails.BOB], mails.KINDS["plain"], chunks=[1 << 16])[-1].code, 250)

    def test_a_strangers_mail_is_an_ndr_at_once_and_says_nothing(self):
        stranger = mails.message("spoofed", mails.PLAIN, identity=mails.stamped("11111111-2222-4333-8444-555555555555", "other.example"), key=None)
        outbox = Outbox(self.client())
        item = outbox.put(mails.ANN, [mails.BOB], stranger)
        self.assertEqual((item.state, item.attempts, item.ndr), ("failed", [0], "550 " + NOT_OURS))
        outbox.pass_hours(24)
        self.assertEqual(item.attempts, [0])
        self.assertEqual(self.gateway.wait_for(event="rejected")[-1]["reason"], "originator-org")


class TriesAgain(Exchange):
    def restart(self, min_free):
        self.gateway.min_free = min_free
        self.gateway.write_configuration()
        self.gateway.start()

    def count(self, name):
        return sum(mails.message(name, mails.PLAIN, key=None) == below_trace(one.body) for one in self.good.messages)

    def test_for_24_hours_after_15_minutes_each_and_mail_arrives_once(self):
        self.gateway.stop()
        outbox = Outbox(self.client())
        down = outbox.put(mails.ANN, [mails.BOB], mails.message("down", mails.PLAIN))
        outbox.pass_hours(0.5)
        self.assertEqual((down.state, down.attempts), ("queued", [0, 900, 1800]))
        self.restart(min_free="1024GiB")
        full = outbox.put(mails.ANN, [mails.BOB], mails.message("full", mails.PLAIN))
        outbox.pass_hours(1)
        self.assertEqual((down.state, len(down.attempts), len(full.attempts)), ("queued", 7, 5))
        self.assertIn("4.3.1", self.client().submit(mails.ANN, [mails.BOB], mails.KINDS["plain"])[-1].text)
        self.gateway.stop()
        self.restart(min_free="16MiB")
        outbox.pass_hours(0.25)
        self.assertEqual((down.state, full.state), ("sent", "sent"))
        self.assertTrue(wait_until(lambda: self.count("down") and self.count("full")))
        outbox.pass_hours(24)
        self.assertEqual((self.count("down"), self.count("full")), (1, 1))

    def test_after_24_hours_its_user_is_told(self):
        outbox = Outbox(ExchangeClient(free_port(), self.stage.authority.certificate, self.shared))
        item = outbox.put(mails.ANN, [mails.BOB], b"x")
        outbox.pass_hours(25)
        self.assertEqual((item.state, len(item.attempts), item.ndr), ("failed", 96, "550 4.4.7 QUEUE.Expired; message expired"))

    def test_an_answer_that_got_lost_is_a_second_copy_and_never_none(self):
        class Deaf(ExchangeClient):
            def submit(self, *mail):
                def hang_up():
                    raise ConnectionResetError
                return super().submit(*mail, ended=hang_up)
        outbox = Outbox(Deaf(self.gateway.ports["m365"], self.stage.authority.certificate, self.shared))
        item = outbox.put(mails.ANN, [mails.BOB], mails.message("lost answer", mails.PLAIN))
        self.assertEqual(item.state, "queued")
        outbox.client = self.client()
        outbox.pass_hours(0.25)
        self.assertEqual(item.state, "sent")

        def accepted():  # the file of events is written a moment after the answer
            return sum(event.get("message_id", "").startswith("<lost-answer@") for event in self.gateway.events(event="accepted"))
        self.assertTrue(wait_until(lambda: 0 < accepted() == self.count("lost answer")))
        self.assertLessEqual(accepted(), 2)


class Returned(Exchange):
    knows = "gw.clinic.example"
    onward = "none"
    rules = TransportRules(("X-Clinic-Passed", MARKER), (mails.KEY_NAME, mails.KEY))

    @classmethod
    def prepare(cls):
        address = cls.stage.name("m365.example")
        cls.stage.zone[HOST] = {"A": [address]}
        cls.connector = ExchangeConnector(address, cls.stage.port, certificate=cls.stage.authority.server(HOST), hostname=HOST,
                                          authority=cls.stage.authority, knows=cls.knows)
        cls.stage.sinks["m365.example"] = cls.connector
        (cls.gateway.folder / "marker").write_text(MARKER + "\n")
        for source, name in zip(cls.stage.authority.client("gw.clinic.example"), ("tls-client.crt", "tls-client.key")):
            (cls.gateway.folder / name).write_bytes(source.read_bytes())
        cls.gateway.tenants = tenants(f"""route = {{ via = "return", host = "{HOST}", port = {cls.stage.port}, onward = "{cls.onward}", certificate = "file:tls-client.crt", key = "file:tls-client.key", marker = {{ name = "X-Clinic-Passed", value = "file:marker" }} }}
return_route = {{ via = "mx" }}""")
        cls.gateway.write_configuration()

    def back(self, number):
        self.arrived(self.connector, number)
        (place,) = [at for at, message in enumerate(self.connector.messages) if number.encode() in message.body[:1000]]
        return place


class Returns(Returned):
    def test_it_is_known_by_its_certificate_and_leaves_exchange_as_its_user_wrote_it(self):
        for name in ("meeting", "tnef", "large"):
            with self.subTest(name):
                body = mails.KINDS[name]
                came = self.connector.passed(self.back(self.submit(body)))
                where, leaves = self.rules.apply(came, from_gateway=True)
                self.assertEqual(where, "internet")
                self.same(below_trace(leaves), without_key(body))
        self.assertEqual({tuple(names) for names in self.connector.clients}, {("gw.clinic.example",)})

    def test_the_header_firewall_drops_what_only_the_organisation_may_say(self):
        spoofed = b"X-MS-Exchange-Organization-AuthAs: Internal\r\nX-MS-Exchange-CrossPremises-AuthAs: Internal\r\n"
        place = self.back(self.submit(mails.message("firewall", mails.PLAIN, more=spoofed)))
        self.assertIn(spoofed, self.connector.messages[place].body)  # the gateway changes no field of others
        self.assertNotIn(b"-AuthAs: Internal\r\nX-MS-Exchange-CrossP", self.connector.passed(place))
        self.assertNotIn(b"Organization-AuthAs", self.connector.passed(place))

    def test_who_writes_the_marker_himself_is_inspected_all_the_same(self):
        mine = mails.message("skip me", mails.PLAIN, more=f"X-Clinic-Passed: {MARKER}\r\n".encode(), key=None)
        where, body = self.rules.apply(mine, from_gateway=False)
        self.assertEqual(where, "gateway")
        self.assertNotIn(b"X-Clinic-Passed", body)
        # And where the first rule is missing, the gateway takes it for nothing: it goes through like any other, and loses the forged field.
        forged = mails.message("forged", mails.PLAIN, more=b"X-Clinic-Passed: guess\r\n")
        came = self.connector.messages[self.back(self.submit(forged))].body
        self.assertEqual(came.count(b"X-Clinic-Passed"), 1)
        self.assertNotIn(b"guess", came)

    def test_rules_that_do_not_know_the_marker_make_no_circle(self):
        other = TransportRules(("X-Clinic-Passed", "retired-marker"), (mails.KEY_NAME, mails.KEY))
        came = self.connector.passed(self.back(self.submit(mails.message("circle", mails.PLAIN))))
        where, again = other.apply(came, from_gateway=True)
        self.assertEqual(where, "gateway")
        (held,) = self.gateway.wait_for(event="held", queue_id=self.submit(again))
        self.assertEqual(held["rules"], ["loop"])

    def test_what_exchange_puts_off_arrives_later(self):
        for verb, answer, status in (("RCPT", SERVER_BUSY, "4.7.500"), ("CONNECT", TOO_MANY, None), ("MAIL", WRONG_REGION, "4.4.62"), ("BDAT", SERVER_BUSY, "4.7.500")):
            with self.subTest(verb):
                self.connector.say_once(verb, answer)
                self.connector.hang_up()
                number = self.submit(mails.message("busy " + verb, mails.PLAIN))
                self.back(number)
                deferred = self.gateway.wait_for(event="deferred", queue_id=number)
                self.assertEqual(deferred[0].get("status") if status else deferred[0]["event"], status or "deferred")
                self.assertNotIn("Server busy", self.gateway.event_file.read_text())


class ReturnsToAConnectorThatKnowsSomebodyElse(Returned):
    knows = "other.example"

    def test_the_sender_hears_the_code_and_none_of_the_words(self):
        number = self.submit(mails.message("denied", mails.PLAIN))
        (event,) = self.gateway.wait_for(event="bounced", queue_id=number)
        self.assertEqual((event["reply_code"], event["status"]), (550, "5.7.64"))
        self.assertTrue(self.stage.sinks["clinic.example"].wait(1))
        (notice,) = self.stage.notices()
        self.assertIn(b"5.7.64", notice)
        self.assertNotIn(RELAY_DENIED[11:30].encode(), notice)
        self.assertNotIn(MARKER.encode(), notice)
        self.assertNotIn(b"X-Postern-Trace", notice)


if __name__ == "__main__":
    unittest.main()
