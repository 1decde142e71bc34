"""Messages that are awkward to seal, by name. What the reader gets must be the entity, octet for octet."""
import base64
import random

_octets = random.Random(1).randbytes


def attachment(kind, name, data, encoding="base64"):
    body = base64.encodebytes(data).replace(b"\n", b"\r\n") if encoding == "base64" else data + b"\r\n"
    return (f"Content-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n"
            f"Content-Transfer-Encoding: {encoding}\r\n\r\n").encode() + body


def multipart(kind, *parts, boundary="b", more=""):
    delimiter = b"--" + boundary.encode()
    return (f"Content-Type: multipart/{kind}; boundary=\"{boundary}\"{more}\r\n\r\n").encode() + b"".join(
        delimiter + b"\r\n" + part + b"\r\n" for part in parts) + delimiter + b"--\r\n"


TEXT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9fe \xe2\x82\xac\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Gr=C3=BC=C3=9Fe=20</p> =\r\n\r\n"
INVITE = (b"Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
          b"SUMMARY:Visit\r\n  folded\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
FORWARDED = b"Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nSubject: inner\r\n\r\n.\r\nFrom here\r\n"
SIGNATURE = attachment("application/pkcs7-signature", "smime.p7s", _octets(1500))

ENTITIES = {
    "8-bit text": TEXT,
    "all octets": b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n" + bytes(range(256)) * 3 + b"\r\r\n\n",
    "format=flowed": b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nsoft \r\nbreak \r\n-- \r\n >quoted\r\nFrom x \t \r\n",
    "nested multiparts": multipart("mixed", multipart("related", multipart("alternative", TEXT, HTML, boundary="c"), attachment("image/png", "a.png", _octets(999)), boundary="bb"), FORWARDED),
    "invitation": multipart("alternative", TEXT, INVITE),
    "signed inside": multipart("signed", TEXT, SIGNATURE, more="; protocol=\"application/pkcs7-signature\"; micalg=sha-256"),
    "empty body": b"Content-Type: text/plain\r\n\r\n",
    "attachment alone": attachment("application/pdf", "r.pdf", _octets(5000)),
    "huge lines": b"Content-Type: text/html\r\n\r\n" + b"x" * 300_000 + b"\r\n" + b"y" * 1000 + b"\r\n",
    "TNEF": multipart("mixed", TEXT, attachment("application/ms-tnef", "winmail.dat", b"\x78\x9f\x3e\x22" + _octets(4000))),
    "ends without a line end": b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nno end \t",
    "1 MB": multipart("mixed", TEXT, attachment("application/zip", "z.zip", _octets(1 << 20))),
}

OUTER = b"From: Ann <ann@clinic.example>\r\nTo: bob@lab.example\r\nSubject: sealed\r\nMIME-Version: 1.0\r\n"


def message(name):
    return OUTER + ENTITIES[name]
