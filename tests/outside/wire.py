"""Bytes of one socket, buffered: lines that end with CRLF only, and blocks of a known length."""


class Closed(Exception):
    """The peer ended the connection."""


class Wire:
    def __init__(self, socket):
        self.socket = socket
        self.buffer = b""

    def fill(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise Closed
        self.buffer += piece

    def line(self):
        """One line without its CRLF. A bare LF or CR is an ordinary octet here."""
        searched = 0
        while (end := self.buffer.find(b"\r\n", searched)) < 0:
            searched = max(0, len(self.buffer) - 1)
            self.fill()
        line, self.buffer = self.buffer[:end], self.buffer[end + 2:]
        return line

    def send(self, data):
        self.socket.sendall(data)
