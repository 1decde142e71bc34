"""A virus scanner as posternd sees one: clamd's INSTREAM on a UNIX socket. It finds one word.

    clamd = FakeClamd(path)         # clamd.scanned: what it was given, whole
    clamd.how = "limit"             # answers | silent | hangs up | limit
"""
import email
import socket
import struct
import threading

from accepting import Accepting

VIRUS = b"A-VIRUS-FOR-TESTS"


def has_virus(octets):
    """In a part of the mail, decoded as a scanner does."""
    return any(VIRUS in (part.get_payload(decode=True) or b"") for part in email.message_from_bytes(octets).walk())


class FakeClamd:
    def __init__(self, path):
        self.how, self.scanned, self._ended = "answers", [], threading.Event()
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.listen(20)
        self._accepting = Accepting(listening, self._serve)

    def _serve(self, connection):
        with connection, connection.makefile("rb") as said:
            if said.read(10) != b"zINSTREAM\0" or self.how == "hangs up":
                return
            if self.how == "limit":
                connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
            octets = b""
            while length := struct.unpack("!I", said.read(4))[0]:
                octets += said.read(length)
            self.scanned.append(octets)
            if self.how == "silent":
                self._ended.wait(60)
            else:
                connection.sendall(b"stream: Test.Virus-1 FOUND\0" if has_virus(octets) else b"stream: OK\0")

    def close(self):
        self._ended.set()
        self._accepting.close()
