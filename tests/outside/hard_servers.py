"""Recipients' servers for tests of load, as kinds of Sink: stage.open(domain, kind=TarPit).

    Digesting     takes messages of any size and keeps only their SHA-256, from the first From field on
    TarPit        answers one octet a second, and never comes to an end
    SlowReader    takes an octet of the body a second; without TLS, whose records come whole
    Resetting     step="MAIL": RST as soon as that command is there; "connect", "greeting", "handshake", "body" and "dot" too; None: behaves
"""
import hashlib
import socket
import struct
import time

from sink import Message, Session, Sink
from wire import Closed


class Digesting(Sink):
    def session(self, connection):
        return DigestingSession(self, connection)


class DigestingSession(Session):
    def data(self):
        self.wire.send(b"354 Go ahead\r\n")
        digest, begun, end = hashlib.sha256(), False, b"\r\n.\r\n"
        buffer, self.wire.buffer = self.wire.buffer, b""
        while not buffer.endswith(end):
            if not begun and (at := buffer.find(b"\r\nFrom: ")) >= 0:
                begun, buffer = True, buffer[at + 2:]
            if begun and len(buffer) > len(end):
                digest.update(buffer[:-len(end)])
                buffer = buffer[-len(end):]
            piece = self.wire.socket.recv(1 << 20)
            if not piece:
                raise Closed
            buffer += piece
        if not begun:  # a small message that came at once
            buffer = buffer[buffer.find(b"\r\nFrom: ") + 2:]
        digest.update(buffer[:-3])
        with self.sink.changed:
            self.sink.messages.append(Message(self.sender, self.recipients, digest.hexdigest().encode(), b"", self.tls, self.helo, time.time()))
            self.sink.changed.notify_all()
        self.sender, self.recipients = None, []
        self.wire.send(b"250 2.0.0 Ok, kept\r\n")


class TarPit(Sink):
    def session(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        return TarPitSession(self, connection)


class TarPitSession(Session):
    def run(self):
        for octet in b"220 " + b"tar" * 1000 + b"\r\n":
            self.wire.socket.send(bytes([octet]))
            time.sleep(1)


class SlowReader(Sink):
    def session(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        return SlowReaderSession(self, connection)


class SlowReaderSession(Session):
    def body(self):
        while self.wire.socket.recv(1):
            time.sleep(1)
        raise Closed


class Resetting(Sink):
    def __init__(self, *arguments, step, **options):
        self.step = step
        self.resets = 0
        super().__init__(*arguments, **options)

    def session(self, connection):
        return ResettingSession(self, connection)


class ResettingSession(Session):
    def reset_if(self, step):
        if self.sink.step != step:
            return
        self.sink.resets += 1
        self.wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wire.socket.close()
        raise Closed

    def run(self):
        self.reset_if("connect")
        if self.sink.step == "greeting":
            self.wire.send(b"220-this is")
            self.reset_if("greeting")
        super().run()

    def take(self, verb, line):
        # The first EHLO is answered, so that "EHLO in TLS" is a step of its own.
        self.reset_if(verb + " in TLS" if self.tls and verb == "EHLO" else verb)
        return super().take(verb, line)

    def starttls(self):
        if self.sink.step == "handshake":
            self.wire.send(b"220 2.0.0 Ready to start TLS\r\n")
            self.wire.fill()
            self.reset_if("handshake")
        return super().starttls()

    def body(self):
        if self.sink.step == "body":
            self.wire.fill()
            self.reset_if("body")
        raw = super().body()
        self.reset_if("dot")
        return raw
