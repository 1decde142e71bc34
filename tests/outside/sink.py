r"""A recipient's mail server that keeps the exact octets of what it accepts. It behaves, or misbehaves, as told.

    with Sink("127.0.0.11", port, certificate=(cert, key)) as sink:    # no certificate: a server without TLS
        sink.wait(1)
        sink.messages[0].body, .sender, .recipients, .tls              # .tls is "TLSv1.3", or "" for the clear

    refuse_rcpt="550 …\r\n"    this to each RCPT
    greylist=True             451 to the first RCPT of each envelope
    scripted={"greeting": "554 …\r\n", "ehlo": …, "helo": …, "starttls": …, "rset": …, "quit": …}     exact replies
    starttls_offered=False    no STARTTLS in EHLO, although it may be done
    tls_after_starttls=False  the reply to STARTTLS is sent and no handshake follows
    busy=0.05                 seconds between the final dot and its answer
    offers=("DSN",)           more extensions in the answer to EHLO; "CHUNKING" is done too
    eight_bit=False           no 8BITMIME
    knows_bdat=False          whatever it offers: each line of a chunk is a command to it

Sink.as_case() makes one from a row of cases/smtp/outbound-peer-behaviour.jsonl.
"""
import dataclasses
import socket
import ssl
import threading
import time

from accepting import Accepting
from wire import Closed, Wire


@dataclasses.dataclass
class Message:
    sender: str
    recipients: list
    body: bytes     # after the dots that were stuffed are gone
    raw: bytes      # as it was on the wire, without the final dot
    tls: str
    helo: str
    at: float
    parameters: tuple = ()   # what followed the paths: of MAIL, then of each RCPT
    connection: int = 0      # the number of the connection that brought it


class Sink:
    def __init__(self, host, port, certificate=None, refuse_rcpt="", greylist=False, scripted=None, starttls_offered=None,
                 tls_after_starttls=True, busy=0.0, hostname="sink.example", offers=(), eight_bit=True, knows_bdat=True):
        self.offers = ("8BITMIME", *offers) if eight_bit else offers
        self.knows_bdat = knows_bdat
        self.host, self.port, self.hostname = host, port, hostname
        self.refuse_rcpt, self.greylist, self.busy = refuse_rcpt, greylist, busy
        self.scripted = {verb.lower(): reply.encode("latin-1") for verb, reply in (scripted or {}).items()}
        self.starttls_offered = certificate is not None if starttls_offered is None else starttls_offered
        self.tls_after_starttls = tls_after_starttls
        self.messages = []
        self.connections = 0
        self.commands = []         # (TLS version or "", verb) of all sessions, in order
        self.mail_in_clear = []    # MAIL FROM lines that came without TLS
        self.seen = set()          # envelopes that the grey list has met
        self.changed = threading.Condition()
        self._context = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.set_ciphers("DEFAULT:@SECLEVEL=0")  # whose key is too weak is the client's to say
            self._context.load_cert_chain(*map(str, certificate))
        self._open = set()
        listening = socket.create_server((host, port), backlog=128)
        self.port = listening.getsockname()[1]
        self._accepting = Accepting(listening, self._serve)

    @classmethod
    def as_case(cls, host, port, case, certificate):
        scripted = dict(case.get("override", {}))
        if "greeting" in case:
            scripted["greeting"] = case["greeting"]
        return cls(host, port, certificate=certificate, scripted=scripted, starttls_offered=case["starttls_offered"],
                   tls_after_starttls=case.get("tls_after_starttls", True))

    def wait(self, count, timeout=30.0):
        """True once `count` messages were accepted."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.messages) >= count, timeout)

    def close(self):
        self._accepting.close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def session(self, connection):
        return Session(self, connection)

    def _serve(self, connection):
        connection.settimeout(120)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # replies to one pipelined flight must not wait for each other's acknowledgement
        session = self.session(connection)
        self._open.add(connection)
        try:
            session.run()
        except (Closed, OSError, ssl.SSLError):
            pass
        finally:
            self._open.discard(connection)
            session.wire.socket.close()
            connection.close()


class Session:
    def __init__(self, sink, connection):
        self.sink, self.wire = sink, Wire(connection)
        self.tls, self.helo = "", ""
        self.sender, self.recipients = None, []
        self.chunks = b""
        with sink.changed:
            sink.connections += 1
            self.number = sink.connections

    def run(self):
        self.reply("greeting", b"220 " + self.sink.hostname.encode() + b" ESMTP\r\n")
        while True:
            line = self.wire.line().decode("latin-1")
            verb = line.split(" ", 1)[0].split(":", 1)[0].upper()
            with self.sink.changed:
                self.sink.commands.append((self.tls, verb))
            if self.take(verb, line) == "end":
                return

    def client_names(self):
        """Of the certificate that the client shows, if the sink's context asks for one."""
        if not isinstance(self.wire.socket, ssl.SSLSocket):
            return []
        return [name for _, name in (self.wire.socket.getpeercert() or {}).get("subjectAltName", ())]

    def reply(self, verb, usual):
        self.wire.send(self.sink.scripted.get(verb, usual))

    def take(self, verb, line):
        if verb in ("EHLO", "HELO"):
            self.helo = line[5:]
            self.reply(verb.lower(), self.hello() if verb == "EHLO" else b"250 hello\r\n")
        elif verb == "STARTTLS":
            return self.starttls()
        elif verb == "MAIL":
            return self.mail(line)
        elif verb == "RCPT":
            self.rcpt(line)
        elif verb == "DATA":
            self.data()
        elif verb == "BDAT" and "CHUNKING" in self.sink.offers and self.sink.knows_bdat:
            self.bdat(line)
        elif verb == "RSET":
            self.sender, self.recipients, self.chunks = None, [], b""
            self.reply("rset", b"250 2.0.0 Ok\r\n")
        elif verb == "QUIT":
            self.reply("quit", b"221 2.0.0 Bye\r\n")
            return "end"
        else:
            self.wire.send(b"502 5.5.1 Not implemented\r\n")
        return None

    def hello(self):
        words = [self.sink.hostname, "PIPELINING", "SIZE 200000000", "ENHANCEDSTATUSCODES", *self.sink.offers]
        if self.sink.starttls_offered and not self.tls:
            words.append("STARTTLS")
        return b"".join(b"250" + (b" " if word is words[-1] else b"-") + word.encode() + b"\r\n" for word in words)

    def starttls(self):
        if self.tls or (self.sink._context is None and "starttls" not in self.sink.scripted):
            self.wire.send(b"502 5.5.1 Not implemented\r\n")
            return None
        answer = self.sink.scripted.get("starttls", b"220 2.0.0 Ready to start TLS\r\n")
        self.wire.send(answer)
        if not answer.startswith(b"220") or not self.sink.tls_after_starttls:
            return None
        inside = self.sink._context.wrap_socket(self.wire.socket, server_side=True)
        self.wire = Wire(inside)  # what was buffered in the clear is gone
        self.tls = inside.version()
        self.sender, self.recipients = None, []
        return None

    def mail(self, line):
        if not self.tls:
            with self.sink.changed:
                self.sink.mail_in_clear.append(line)
        self.sender, self.recipients = path_of(line), []
        self.parameters = [line.split("> ", 1)[1] if "> " in line else ""]
        self.wire.send(b"250 2.1.0 Ok\r\n")

    def rcpt(self, line):
        recipient = path_of(line)
        if self.sink.refuse_rcpt:
            self.wire.send(self.sink.refuse_rcpt.encode("latin-1"))
            return
        if self.sink.greylist and (self.sender, recipient) not in self.sink.seen:
            self.sink.seen.add((self.sender, recipient))
            self.wire.send(b"451 4.7.1 Greylisted, come back later\r\n")
            return
        self.recipients.append(recipient)
        self.parameters.append(line.split("> ", 1)[1] if "> " in line else "")
        self.wire.send(b"250 2.1.5 Ok\r\n")

    def data(self):
        if not self.recipients:
            self.wire.send(b"503 5.5.1 RCPT first\r\n")
            return
        self.wire.send(b"354 Go ahead\r\n")
        raw = self.body()
        # RFC 5321 §4.5.2: the first dot of a line is dropped.
        self.keep((b"\r\n" + raw).replace(b"\r\n.", b"\r\n")[2:], raw)

    def bdat(self, line):
        """RFC 3030: read whatever becomes of it."""
        _, octets, *last = line.split()
        while len(self.wire.buffer) < int(octets):
            self.wire.fill()
        chunk, self.wire.buffer = self.wire.buffer[:int(octets)], self.wire.buffer[int(octets):]
        if not self.recipients:
            self.wire.send(b"503 5.5.1 RCPT first\r\n")
            return
        self.chunks += chunk
        if not last:
            self.wire.send(b"250 2.0.0 Ok, go on\r\n")
            return
        body, self.chunks = self.chunks, b""
        self.keep(body, body)

    def keep(self, body, raw):
        if self.sink.busy:
            time.sleep(self.sink.busy)
        with self.sink.changed:
            self.sink.messages.append(Message(self.sender, self.recipients, body, raw, self.tls, self.helo, time.time(),
                                              tuple(self.parameters), self.number))
            self.sink.changed.notify_all()
        self.sender, self.recipients = None, []
        self.wire.send(b"250 2.0.0 Ok, kept\r\n")

    def body(self):
        """Up to CRLF.CRLF; the CRLF before the dot belongs to the message."""
        wire = self.wire
        wire.buffer = b"\r\n" + wire.buffer
        searched = 0
        while (end := wire.buffer.find(b"\r\n.\r\n", searched)) < 0:
            searched = max(0, len(wire.buffer) - 4)
            wire.fill()
        raw, wire.buffer = wire.buffer[2:end + 2], wire.buffer[end + 5:]
        return raw


def path_of(line):
    """What stands between < and > in MAIL or RCPT."""
    return line[line.index("<") + 1:line.index(">")]
