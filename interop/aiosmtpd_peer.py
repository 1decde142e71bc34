"""Python's aiosmtpd (Debian's package, unpacked, with the system's Python): a receiver only.

    AioSmtpd(folder, "127.0.0.32", port, certificate)                       # lines as long as they come
    AioSmtpd(folder, "127.0.0.32", port, certificate, longest_line=1001)    # its default
"""
import os
from pathlib import Path

from peer import Peer, Program
from unpack import unpack


class AioSmtpd(Peer):
    def __init__(self, folder, address, port, certificate, longest_line=2**20):
        modules = [layer / "usr/lib/python3/dist-packages" for layer in unpack("python3-aiosmtpd")]
        self.make_maildir(folder)
        self.root = Program(folder)
        server = Path(__file__).with_name("aiosmtpd_server.py")
        self.begin(["/usr/bin/python3", server, address, str(port), *certificate, self.maildir, str(longest_line)], address, port,
                   env={**os.environ, "PYTHONPATH": ":".join(map(str, modules))})
