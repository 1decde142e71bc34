"""Back into Microsoft 365 (route = { via = "return" }): with our certificate and our marker, over a verified connection, and never round in circles."""
import ssl
import unittest

from gateway import wait_until
from scene import ANN, below_trace, letter
from sender import queue_id
from sink import Session, Sink
from stage import temporary_stage

MARKER, NEXT_MARKER = "present-marker-0123456789", "next-marker-0123456789"


class Connector(Sink):
    """An inbound connector: it wants a client certificate of the authority, and notes whose it got."""

    def __init__(self, *arguments, authority, **options):
        super().__init__(*arguments, **options)
        self.clients = []
        self._context.load_verify_locations(str(authority.certificate))
        self._context.verify_mode = ssl.CERT_OPTIONAL

    def session(self, connection):
        return ConnectorSession(self, connection)


class ConnectorSession(Session):
    def take(self, verb, line):
        if verb == "MAIL" and isinstance(self.wire.socket, ssl.SSLSocket):
            self.sink.clients.append(self.client_names())
        return super().take(verb, line)


def tenants(onward, port):
    return f"""
[tenant.clinic]
domains = ["clinic.example"]
bind    = {{ networks = ["127.0.0.0/8"], certificate = ["mail.clinic.example"] }}
route   = {{ via = "return", host = "mx.m365.example", port = {port}, onward = "{onward}", certificate = "file:tls-client.crt", key = "file:tls-client.key", marker = {{ name = "X-Clinic-Passed", value = "file:marker" }} }}
"""


class Return(unittest.TestCase):
    onward = "none"

    def setUp(self):
        self.stage = temporary_stage(self.addCleanup)
        self.exchange = self.open_connector()
        self.gateway = self.stage.gateway(start=False, tenants=tenants(self.onward, self.stage.port))
        certificate, key = self.stage.authority.client("gw.clinic.example")
        for source, name in ((certificate, "tls-client.crt"), (key, "tls-client.key")):
            (self.gateway.folder / name).write_bytes(source.read_bytes())
        (self.gateway.folder / "marker").write_text(MARKER + "\n")
        self.gateway.start()
        self.addCleanup(self.gateway.stop)

    def open_connector(self, **options):
        sink = Connector(self.stage.name("m365.example"), self.stage.port, authority=self.stage.authority, hostname="mx.m365.example",
                         **({"certificate": self.stage.certificate("m365.example")} | options))
        self.stage.sinks["m365.example"] = sink
        return sink

    def send(self, body):
        with self.gateway.sender() as connection:
            reply = connection.send(ANN, ["bob@good.example"], body)[-1]
        self.assertEqual(reply.code, 250, reply.text)
        return queue_id(reply)

    def relayed(self):
        """What was sent by somebody; a notice about held mail takes this way too, sooner or later."""
        return [message for message in self.exchange.messages if message.sender]

    def returned(self, count=1):
        self.assertTrue(self.exchange.wait(count), "the message did not arrive")
        return self.exchange.messages[count - 1]


class ReturnsPlainMail(Return):
    def test_with_certificate_marker_and_trace_and_otherwise_unchanged(self):
        self.send(letter())
        message = self.returned()
        self.assertEqual(self.exchange.clients, [["gw.clinic.example"]])
        self.assertTrue(message.tls)
        marker, rest = below_trace(message.body).split(b"\r\n", 1)
        self.assertEqual(marker, b"X-Clinic-Passed: " + MARKER.encode())
        self.assertRegex(rest, rb"^X-Postern-Trace:\r\n\tv1 hop=1 at=[0-9]+ mac=[0-9a-f]{64}\r\n")
        self.assertEqual(rest.split(b"\r\n", 2)[2], letter())

    def test_a_second_arrival_is_held_and_reported(self):
        body = letter(extra=b"Message-ID: <loop@clinic.example>\r\n")
        self.send(body)
        again = self.send(self.returned().body)  # Exchange sends it to us once more
        (event,) = self.gateway.wait_for(event="held", queue_id=again)
        self.assertEqual(event["rules"], ["loop"])
        self.assertEqual([message["id"] for message in self.gateway.queue()], [again])
        self.assertIn(b"came back (hop 1): a loop", self.gateway.log_file.read_bytes())
        self.assertEqual(len(self.relayed()), 1)

    def test_a_stolen_trace_and_a_forged_marker_change_nothing(self):
        self.send(letter(extra=b"Message-ID: <1@clinic.example>\r\n"))
        stolen = below_trace(self.returned().body).split(b"\r\n\r\n")[0].split(b"From:")[0]
        self.assertIn(b"X-Postern-Trace", stolen)
        secure = letter(b"SSN 536-22-1234\r\n", extra=b"Message-ID: <2@clinic.example>\r\n" + stolen)
        number = self.send(secure)
        (event,) = self.gateway.wait_for(event="accepted", queue_id=number)
        self.assertEqual(event["action"], "protect")  # inspected like any other
        held = self.gateway.wait_for(event="held", queue_id=number)
        self.assertEqual(len(held), 1)
        self.assertNotIn("loop", held[0].get("rules", []))
        self.assertEqual(len(self.relayed()), 1)  # onward is not attested: it did not take this way

    def test_the_marker_is_exchanged_by_a_restart_and_what_came_in_is_cut(self):
        def came(body):
            count = len(self.relayed())
            self.send(body)
            self.assertTrue(wait_until(lambda: len(self.relayed()) > count), "the message did not arrive")
            return self.relayed()[-1].body.split(b"X-Clinic-Passed: ")[1:]

        for value in (MARKER, NEXT_MARKER):
            (self.gateway.folder / "marker").write_text(value + "\n")
            self.gateway.stop()
            self.gateway.start()
            for shown in ("", MARKER, NEXT_MARKER, "guess"):
                with self.subTest(value, shown=shown):
                    extra = f"X-Clinic-Passed: {shown}\r\n".encode() if shown else b""
                    (marked,) = came(letter(extra=extra))  # once: what came in was cut
                    self.assertTrue(marked.startswith(value.encode() + b"\r\n"))

    def test_the_marker_is_never_shown_to_somebody_else(self):
        for options in ({"certificate": None}, {"certificate": self.stage.authority.server("somebody.example")}):
            with self.subTest(options=options):
                self.exchange.close()
                self.exchange = self.open_connector_or_plain(options)
                number = self.send(letter())
                self.assertTrue(self.gateway.wait_for(event="deferred", queue_id=number))
                self.assertEqual(self.exchange.messages, [])
                self.assertNotIn("MAIL", [verb for _, verb in self.exchange.commands])

    def open_connector_or_plain(self, options):
        if options["certificate"] is not None:
            return self.open_connector(**options)
        return Sink(self.stage.name("m365.example"), self.stage.port, hostname="mx.m365.example")


class ReturnsProtectedMailWhereAttested(Return):
    onward = "enforced-tls"

    def test_it_takes_the_way_by_tls(self):
        self.send(letter(b"SSN 536-22-1234\r\n"))
        self.assertTrue(self.returned().tls)


if __name__ == "__main__":
    unittest.main()
