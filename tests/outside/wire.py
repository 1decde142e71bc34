"""Bytes of one socket, buffered: lines that end with CRLF only, and blocks of a known length; and what a load balancer says first."""
import socket
import struct

PROXY_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def proxy_header(source, command=1):
    """PROXY protocol v2 for TCP over IPv4, from `source` to 127.0.0.1:25."""
    addresses = socket.inet_aton(source) + socket.inet_aton("127.0.0.1") + struct.pack("!HH", 40000, 25)
    return PROXY_SIGNATURE + bytes([0x20 | command, 0x11]) + struct.pack("!H", len(addresses)) + addresses


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
