"""The server that aiosmtpd.py starts: python3 aiosmtpd_server.py ADDRESS PORT CERTIFICATE KEY MAILDIR LONGEST_LINE"""
import asyncio
import ssl
import sys
import uuid
from pathlib import Path

from aiosmtpd.smtp import SMTP


class OneMailbox:
    def __init__(self, maildir):
        self.maildir = Path(maildir)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address != "bob@real.example":
            return "550 5.1.1 no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        half = self.maildir / "tmp" / uuid.uuid4().hex
        half.write_bytes(envelope.original_content)
        half.rename(self.maildir / "new" / half.name)
        return "250 kept"


async def main(address, port, certificate, key, maildir, longest_line):
    SMTP.line_length_limit = int(longest_line)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(OneMailbox(maildir), hostname="mx.real.example", tls_context=context, loop=loop),
                                      address, int(port))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
