"""Messages that are easily hurt on their way through a seal, by name: (message, CRLF as the gateway keeps it)."""
import base64

HEAD = (b"From: Ann <ann@clinic.example>\r\nTo: bob@lab.example\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n"
        b"Message-ID: <1@clinic.example>\r\nSubject: report\r\nMIME-Version: 1.0\r\n")
TEXT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"


def lines(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def multipart(kind, boundary, *parts, preamble=b"", epilogue=b""):
    body = preamble + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n" + epilogue
    return b"Content-Type: multipart/" + kind + b"; boundary=\"" + boundary + b"\"\r\n\r\n" + body


INVITE = (b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Besprechung f\xc3\xbcr Dr.\r\n"
          b" Meier\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
SIGNED = multipart(b"signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha256", b"sig",
                   TEXT + b"\r\nsigned with trailing blanks  \r\n\t\r\n", b"Content-Type: application/pgp-signature\r\n\r\n"
                   b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n-----END PGP SIGNATURE-----\r\n")

MAILS = {name: HEAD + rest for name, rest in {
    "plain": b"\r\nHello\r\n",
    "eight bit": TEXT + b"\r\nGr\xc3\xbc\xc3\x9fe \xff\xfe\x80 " + bytes(range(128, 256)) + b"\r\n",
    "odd octets": TEXT + b"\r\n" + bytes(octet for octet in range(1, 256) if octet not in (10, 13)) + b"\r\n",
    "format=flowed": b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nA line that goes on \r\nand on. \r\n From the start\r\n>> quoted \r\n-- \r\nAnn\r\n",
    "blanks and empty lines": b"Content-Type: text/plain\r\n\r\n\r\n\r\nx \t\r\n \r\n\r\n-- \r\n--\r\n----\r\n\r\n\r\n",
    "nested multiparts": multipart(b"mixed", b"a", multipart(b"alternative", b"aa", TEXT + b"\r\n\xc3\xa4\r\n", b"Content-Type: text/html\r\n\r\n<p>x</p>\r\n"),
                                   multipart(b"related", b"a-", b"\r\nx"), preamble=b"This is MIME.\r\n", epilogue=b"\r\nbehind the end\r\n"),
    "invite": multipart(b"alternative", b"cal", TEXT + b"\r\nEinladung\r\n", b"Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n"
                        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + INVITE),
    "signed inside": SIGNED,
    "no body": TEXT + b"\r\n",
    "no line end at the end": TEXT + b"\r\nHello",
    "only an attachment": b"Content-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n"
                          b"Content-Disposition: attachment;\r\n filename*=utf-8''%C3%A4.pdf\r\n\r\n" + lines(b"%PDF-1.7\n" + bytes(range(256)) * 20),
    "huge lines": b"Content-Type: text/html\r\n\r\n" + b"<p>" + b"y" * 100_000 + b"</p>\r\n" + b"z" * 998 + b"\r\nend\r\n",
    "TNEF": multipart(b"mixed", b"tnef", TEXT + b"\r\nx\r\n", b"Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                      + lines(b"\x78\x9f\x3e\x22" + bytes(range(256)) * 8)),
}.items()}
