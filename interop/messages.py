"""The messages that every peer is asked to carry, by name. Every octet below the trace fields must arrive as it is here."""

ANN, BOB = "ann@clinic.example", "bob@real.example"


def head(name, subject=None, extra=b""):
    """The Message-ID is made of the name: by it a message is found again."""
    return (b"From: Ann <ann@clinic.example>\r\nTo: bob@real.example\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n"
            b"Message-ID: " + message_id(name) + b"\r\nSubject: " + (subject or name).encode() + b"\r\nMIME-Version: 1.0\r\n" + extra)


def message_id(name):
    return b"<" + name.replace(" ", "-").encode() + b"@clinic.example>"


SIGNED = (b"DKIM-Signature: v=1; a=rsa-sha256;c=simple/simple;  d=clinic.example;\r\n\ts=p1; h=from:to:subject ;\r\n"
          b"   bh=AAAA=;b=BBBB\r\n\t CCCC==\r\nX-Odd:  two  blanks \r\nx-ODD:none before\r\nCOMMENTS: =?utf-8?q?=E2=82=AC?=\r\n")
ODD_HEADER = b"X-Blanks   : before the colon (obsolete, RFC 5322 4.5)\r\nX-Empty:\r\nX-Folded: \r\n after nothing\r\n"
EIGHT_BIT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
ODD_OCTETS = bytes(octet for octet in range(1, 256) if octet not in (10, 13))

MESSAGES = {name: head(name, extra=extra) + body for name, extra, body in [
    ("plain", b"", b"\r\nHello\r\n"),
    ("no body", b"", b"\r\n"),
    ("eight bit", EIGHT_BIT, b"\r\n\xc3\xa4\xff\xfe\x80 " + bytes(range(128, 256)) + b"\r\n"),
    ("odd octets", EIGHT_BIT, b"\r\n" + ODD_OCTETS + b"\r\n"),
    ("eight bit header", b"X-Name: M\xc3\xbcller \xff\r\n", b"\r\nx\r\n"),
    ("dots", b"", b"\r\n.\r\n..\r\n...\r\n.a\r\n..b\r\n\r\n.\r\n"),
    ("from line", b"", b"\r\nFrom the start\r\n>From here\r\n\r\nFrom ann Wed Nov 25 12:00:00 2026\r\n"),
    ("empty lines", b"", b"\r\n\r\n\r\nx \t\r\n \r\n\r\n\r\n\r\n"),
    ("full line", b"", b"\r\n" + b"x" * 998 + b"\r\nend\r\n"),
    ("long line", b"", b"\r\n" + b"y" * 20_000 + b"\r\nend\r\n"),
    ("long header", b"References: " + b" ".join(b"<%d@clinic.example>" % number for number in range(30)) + b"\r\n", b"\r\nx\r\n"),
    ("signed", SIGNED, b"\r\nsigned  \r\n\r\n-- \r\n"),
    ("odd header", ODD_HEADER, b"\r\nx\r\n"),
    ("large", b"", b"\r\n" + b"0123456789abcdef0123456789abcdef\r\n" * 20_000),
]}


def without_blanks_before_colons(message):
    return message.replace(b"X-Blanks   :", b"X-Blanks:")


def difference(came, sent):
    """In a few words, not in 600,000 octets."""
    if came == sent:
        return None
    at = next((i for i, (a, b) in enumerate(zip(came, sent)) if a != b), min(len(came), len(sent)))
    return f"differs at {at} of {len(sent)} ({len(came)} came): {came[max(0, at - 30):at + 30]!r} for {sent[max(0, at - 30):at + 30]!r}"


def split_trace(message, sent):
    """(the fields that hops put on top of what was sent, the rest): cut before the From that every message here begins with."""
    first = sent[:sent.index(b"\r\n")].rstrip(b"\r\n")
    at = message.find(b"\n" + first) + 1
    return (message[:at], message[at:]) if at else (b"", message)


def fields(trace):
    """[(name in lower case, all of it)]"""
    found = []
    for line in trace.splitlines(keepends=True):
        if line[:1] in b" \t" and found:
            found[-1] = (found[-1][0], found[-1][1] + line)
        else:
            found.append((line.partition(b":")[0].decode("latin-1").lower().strip(), line))
    return found
