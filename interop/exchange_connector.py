"""Exchange Online as the server of an inbound connector, after what Microsoft documents (docs/peers.md names the pages), and the
transport rules of docs/tenants.md behind it.

    connector = ExchangeConnector(host, port, certificate=…, authority=ca, knows="gw.clinic.example")
    connector.say_once("RCPT", SERVER_BUSY)           # the next answer to it
    connector.clients                                 # the names in the certificates that were shown, one list a MAIL
    rules = TransportRules(("X-Clinic-Passed", marker), ("X-Clinic-Key", key))
    where, body = rules.apply(message_octets, from_gateway=True)     # "internet" or "gateway"
"""
import socket
import ssl

from messages import fields
from sink import Session, Sink

SERVER_BUSY = "451 4.7.500 Server busy. Please try again later from [127.0.0.1]. (S77719)"
TOO_MANY = "421 4.3.2 The maximum number of concurrent server connections has exceeded a per-source limit, closing transmission channel"
WRONG_REGION = "451 4.4.62 Mail sent to the wrong Office 365 region. ATTR35. For more information please go to https://go.microsoft.com/fwlink/?linkid=865268"
RELAY_DENIED = "550 5.7.64 TenantAttribution; Relay Access Denied [DM6NAM12FT045.eop-nam12.prod.protection.outlook.com]"
NO_MAIL = "503 5.5.2 Need mail command"
INTERNAL, CROSS_PREMISES = ("x-ms-exchange-organization-", "x-ms-exchange-forest-"), "x-ms-exchange-crosspremises-"


def header_fields(message):
    """([(name in lower case, the field with its folds)], what follows)"""
    head, blank, body = message.partition(b"\r\n\r\n")
    return fields(head + b"\r\n"), blank[2:] + body


def without(message, unwanted):
    """`unwanted` is asked of each field's name."""
    found, rest = header_fields(message)
    return b"".join(field for name, field in found if not unwanted(name)) + rest


def firewall(message, attested):
    """The header firewall: what only an organisation says to itself is dropped; what it said across its premises becomes that, where
    the connector attests it (CloudServicesMailEnabled), and is dropped otherwise."""
    message = without(message, lambda name: name.startswith(INTERNAL))
    if not attested:
        return without(message, lambda name: name.startswith(CROSS_PREMISES))
    found, rest = header_fields(message)
    promoted = [b"X-MS-Exchange-Organization-" + field[len(CROSS_PREMISES):] if name.startswith(CROSS_PREMISES) else field for name, field in found]
    return b"".join(promoted) + rest


class ExchangeConnector(Sink):
    def __init__(self, *arguments, authority, knows, attested=False, accepted=("clinic.example",), **options):
        super().__init__(*arguments, offers=("DSN", "BINARYMIME", "CHUNKING", "SMTPUTF8"), **options)
        self.knows, self.attested, self.accepted = knows, attested, accepted
        self.clients, self._once, self._sessions = [], {}, set()
        self._context.load_verify_locations(str(authority.certificate))
        self._context.verify_mode = ssl.CERT_OPTIONAL  # it asks, and attributes by what it got

    def say_once(self, verb, text):
        self._once.setdefault(verb, []).append(text)

    def hang_up(self):
        """On all that are connected: the next mail comes by a new connection."""
        for session in list(self._sessions):
            try:
                session.wire.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has gone by itself

    def next_word(self, verb):
        with self.changed:
            waiting = self._once.get(verb)
            return waiting.pop(0).encode() + b"\r\n" if waiting else None

    def session(self, connection):
        return ConnectorSession(self, connection)

    def passed(self, number):
        """A message behind the firewall."""
        return firewall(self.messages[number].body, self.attested)


class ConnectorSession(Session):
    def run(self):
        if word := self.sink.next_word("CONNECT"):
            self.wire.send(word)
            return
        self.sink._sessions.add(self)
        try:
            super().run()
        finally:
            self.sink._sessions.discard(self)

    def take(self, verb, line):
        if verb == "MAIL":
            with self.sink.changed:
                self.sink.clients.append(self.client_names())
        if word := self.sink.next_word(verb):
            self.wire.send(word)
            return "end" if word.startswith(b"421") else None
        refused = verb == "RCPT" and (NO_MAIL if self.sender is None else "" if self.may_relay(line) else RELAY_DENIED)
        if refused:
            self.wire.send(refused.encode() + b"\r\n")
            return None
        return super().take(verb, line)

    def may_relay(self, line):
        """To its own domains from anybody; onwards only for whom the connector knows."""
        own = any(line.rstrip().lower().endswith("@" + domain + ">") for domain in self.sink.accepted)
        return own or self.sink.knows in self.client_names()


class TransportRules:
    """The rules of docs/tenants.md, in their order."""

    def __init__(self, marker, secret):
        self.marker, self.secret = marker, secret

    def marked(self, message):
        name, value = self.marker
        return (name.lower(), value.encode()) in [(of, field.partition(b":")[2].strip()) for of, field in header_fields(message)[0]]

    def unmarked(self, message, *more):
        return without(message, {name.lower() for name in (self.marker[0], *more)}.__contains__)

    def apply(self, message, from_gateway):
        if not from_gateway:
            message = self.unmarked(message)            # "Only from Postern"
        if not self.marked(message):                    # "To Postern"
            return "gateway", f"{self.secret[0]}: {self.secret[1]}\r\n".encode() + message
        return "internet", self.unmarked(message, "X-Postern-Trace")  # "Leaves clean"
