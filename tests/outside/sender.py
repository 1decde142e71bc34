"""An Exchange-like sender over raw sockets: arbitrary octets by DATA or BDAT, every reply exactly as it came.

    with Sender("127.0.0.1", port, authority=ca.certificate, certificate=(cert, key)) as exchange:
        replies = exchange.send("a@clinic.example", ["b@lab.example"], body)                    # DATA
        replies = exchange.send("a@clinic.example", ["b@lab.example"], body, chunks=[1, 7, 4096])   # BDAT; the last size repeats
        replies[-1].code, replies[-1].text

The bodies are octets with CRLF; nothing is added and nothing mended.
"""
import dataclasses
import re
import socket
import ssl

from wire import Closed, Wire


@dataclasses.dataclass
class Reply:
    code: int
    lines: list
    raw: bytes

    @property
    def text(self):
        return " / ".join(self.lines)


def stuff(body):
    """RFC 5321 §4.5.2: a dot before each line that begins with one."""
    return (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:]


def path_and_parameters(verb, path):
    address, parameters = path if isinstance(path, tuple) else (path, "")
    return f"{verb}:<{address}> {parameters}".rstrip().encode()


def queue_id(reply):
    found = re.search(r"\b([0-9A-HJKMNP-TV-Z]{26})\b", reply.text)
    return found.group(1) if found else None


class Sender:
    def __init__(self, host, port, authority=None, certificate=None, starttls=True, helo="mail.clinic.example", timeout=60,
                 implicit_tls=False, before=b"", source=None):
        """`before` goes out first of all: a load balancer's header. `source`: the address and port that it comes from."""
        self.wire = Wire(socket.create_connection((host, port), timeout=timeout, source_address=source))
        self.wire.send(before)
        # A chunked body is many small writes: without this each waits for the peer's delayed acknowledgement.
        self.wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tls = ""
        if implicit_tls:
            self.handshake(host, authority, certificate)
        self.greeting = self.read()
        if self.greeting.code != 220:
            return
        self.hello = self.command(b"EHLO " + helo.encode())
        if starttls and not implicit_tls:
            self.start_tls(host, authority, certificate)
            self.hello = self.command(b"EHLO " + helo.encode())

    def start_tls(self, host, authority, certificate):
        answer = self.command(b"STARTTLS")
        if answer.code != 220:
            raise ConnectionError("STARTTLS: " + answer.text)
        self.handshake(host, authority, certificate)

    def handshake(self, host, authority, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if authority is not None:
            context.load_verify_locations(str(authority))
            context.verify_mode = ssl.CERT_REQUIRED
        if certificate is not None:
            context.load_cert_chain(*map(str, certificate))
        inside = context.wrap_socket(self.wire.socket, server_hostname=host)
        self.wire = Wire(inside)
        self.tls = inside.version()

    def read(self):
        lines, raw = [], b""
        while True:
            line = self.wire.line()
            raw += line + b"\r\n"
            lines.append(line[4:].decode("latin-1"))
            if line[3:4] != b"-":
                return Reply(int(line[:3]), lines, raw)

    def command(self, line):
        self.wire.send(line + b"\r\n")
        return self.read()

    def send(self, sender, recipients, body, chunks=None, pipelining=True):
        """The replies to MAIL, each RCPT, and then DATA and the final dot, or each BDAT. It ends where MAIL or all RCPT are refused."""
        replies = self.envelope(sender, recipients, pipelining)
        if replies[0].code != 250 or all(reply.code >= 400 for reply in replies[1:]):
            self.command(b"RSET")
            return replies
        return replies + (self.data(body) if chunks is None else self.bdat(body, chunks))

    def envelope(self, sender, recipients, pipelining=True):
        """`recipients` may be pairs of address and parameters; so may the sender."""
        lines = [path_and_parameters("MAIL FROM", sender)] + [path_and_parameters("RCPT TO", one) for one in recipients]
        if not pipelining:
            return [self.command(line) for line in lines]
        self.wire.send(b"".join(line + b"\r\n" for line in lines))
        return [self.read() for _ in lines]

    def data(self, body, sent=lambda: None):
        """`sent` is called between the final dot and its answer."""
        answer = self.command(b"DATA")
        if answer.code != 354:
            return [answer]
        end = b".\r\n" if body.endswith(b"\r\n") or not body else b"\r\n.\r\n"
        self.wire.send(stuff(body) + end)
        sent()
        return [answer, self.read()]

    def bdat(self, body, sizes):
        replies, position, turn = [], 0, 0
        while True:
            size = sizes[min(turn, len(sizes) - 1)]
            piece = body[position:position + size]
            position, turn = position + len(piece), turn + 1
            last = position >= len(body)
            self.wire.send(b"BDAT %d%s\r\n" % (len(piece), b" LAST" if last else b"") + piece)
            replies.append(self.read())
            if last or replies[-1].code >= 400:
                return replies

    def quit(self):
        try:
            self.command(b"QUIT")
        except (OSError, Closed):
            pass
        self.wire.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.quit()
