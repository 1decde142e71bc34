"""Exchange Online as the client of an outbound connector, scripted after what Microsoft documents (docs/peers.md names the pages).

    exchange = ExchangeClient(port, authority, certificate)
    reply = exchange.submit("ann@clinic.example", ["bob@good.example"], body)[-1]

    outbox = Outbox(exchange)                       # its queue, by a clock that only the script moves
    item = outbox.put("ann@clinic.example", ["bob@good.example"], body)
    outbox.pass_hours(1)
    item.state, item.attempts, item.ndr             # "queued", "sent" or "failed"; when; the status that its user sees

It greets as mail-….outbound.protection.outlook.com, shows the certificate that all tenants share, and says only what was offered: SIZE,
BODY, SMTPUTF8, AUTH=<> (RFC 4954 §5) and XOORG in MAIL, BDAT where CHUNKING is, all in one flight where PIPELINING is.
"""
import dataclasses

from sender import Sender
from wire import Closed

EHLO = "NAM12-DM6-obe.outbound.protection.outlook.com"
CERTIFICATE = "mail.protection.outlook.com"


def words(hello):
    """{"SIZE": "157286400", "PIPELINING": ""} of an answer to EHLO."""
    return {line.split(" ")[0].upper(): " ".join(line.split(" ")[1:]) for line in hello.lines[1:]}


class ExchangeClient:
    def __init__(self, port, authority, certificate, source=None, chunk=1 << 16, organisation="clinic.example"):
        self.port, self.authority, self.certificate, self.source = port, authority, certificate, source
        self.chunk, self.organisation = chunk, organisation

    def connect(self):
        return Sender("127.0.0.1", self.port, authority=self.authority, certificate=self.certificate, helo=EHLO, source=self.source)

    def parameters(self, offered, sender, recipients, body):
        said = [f"SIZE={len(body)}"] if "SIZE" in offered else []
        if "8BITMIME" in offered:
            said.append("BODY=8BITMIME" if any(octet > 127 for octet in body) else "BODY=7BIT")
        if "SMTPUTF8" in offered and not (sender + "".join(recipients)).isascii():
            said.append("SMTPUTF8")
        if "AUTH" in offered:
            said.append("AUTH=<>")
        if "XOORG" in offered:
            said.append("XOORG=" + self.organisation)
        return " ".join(said)

    def submit(self, sender, recipients, body, ended=lambda: None):
        """All replies, in order. `ended` is called when all is said and no answer was read yet."""
        with self.connect() as session:
            if session.greeting.code != 220:
                return [session.greeting]
            offered = words(session.hello)
            lines = [f"MAIL FROM:<{sender}> {self.parameters(offered, sender, recipients, body)}".rstrip()]
            lines += [f"RCPT TO:<{one}>" for one in recipients]
            if "CHUNKING" not in offered:
                raise AssertionError("the gateway offers CHUNKING")
            flight = "".join(line + "\r\n" for line in lines).encode()
            chunks = [body[at:at + self.chunk] for at in range(0, len(body), self.chunk)] or [b""]
            for number, chunk in enumerate(chunks, 1):
                flight += b"BDAT %d%s\r\n" % (len(chunk), b" LAST" if number == len(chunks) else b"") + chunk
            session.wire.send(flight)
            ended()
            return [session.read() for _ in range(len(lines) + len(chunks))]


@dataclasses.dataclass
class Queued:
    sender: str
    recipients: list
    body: bytes
    since: int
    due: int
    state: str = "queued"
    attempts: list = dataclasses.field(default_factory=list)  # the seconds at which it was tried
    ndr: str = ""


class Outbox:
    """A temporary answer is tried again after 15 minutes, for 24 hours; a permanent one is the user's NDR at once."""
    RETRY, LIFE = 15 * 60, 24 * 3600

    def __init__(self, client):
        self.client, self.now, self.items = client, 0, []

    def put(self, sender, recipients, body):
        item = Queued(sender, recipients, body, self.now, self.now)
        self.items.append(item)
        self.attempt(item)
        return item

    def attempt(self, item):
        item.attempts.append(self.now)
        code, text = self.outcome(item)
        if code < 400:
            item.state = "sent"
        elif code >= 500:
            item.state, item.ndr = "failed", f"{code} {text}"
        else:
            item.due = self.now + self.RETRY

    def outcome(self, item):
        try:
            replies = self.client.submit(item.sender, item.recipients, item.body)
        except ConnectionRefusedError:
            return 450, "4.4.316 Connection refused"
        except (Closed, OSError):
            return 450, "4.4.318 Connection was closed abruptly"
        reply = next((one for one in replies if one.code >= 400), replies[-1])
        return reply.code, reply.text

    def pass_hours(self, hours):
        """The script's clock; nothing sleeps."""
        end = self.now + round(hours * 3600)
        while waiting := [item for item in self.items if item.state == "queued" and min(item.due, item.since + self.LIFE) <= end]:
            item = min(waiting, key=lambda one: min(one.due, one.since + self.LIFE))
            self.now = min(item.due, item.since + self.LIFE)
            if self.now >= item.since + self.LIFE:
                item.state, item.ndr = "failed", "550 4.4.7 QUEUE.Expired; message expired"
            else:
                self.attempt(item)
        self.now = end
