#!/usr/bin/env python3
"""Writes the first inputs of the fuzzers into fuzz/corpus/: from tests/cases, shared/cases and conf, and for whole sessions every
command in every state. Run again when the form of an input changes; what a fuzzer found besides stays."""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
SHARED = Path(os.environ.get("POSTERN_SHARED", ROOT.parent / "shared")) / "cases"


def rows(file):
    lines = (SHARED / file).read_text().splitlines()
    return [json.loads(line) for line in lines[1:]]  # the first describes the file


# Addresses and headers

def address():
    texts = ["ann@clinic.example", '"a b"@lab.example', '"a.b"@lab.example', "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]",
             "é@münchen.example", "a@XN--MNCHEN-3YA.example.", "x" * 64 + "@b.example", "a@b..example", "a@-b.example",
             '"Lee, Ann" (ward (7)) <ann@clinic.example>', '<"a\r\n b"@clinic.example>', "friends: a@b.example;", "<@r.example:a@b.example>"]
    yield from ((f"written-{number:02}", text.encode()) for number, text in enumerate(texts))
    for number, row in enumerate(rows("mime/header-address.jsonl")):
        yield f"shared-address-{number:02}", row["header"].replace("\n", "\r\n").encode()


def header():
    plain = "From: Ann <ann@clinic.example>\r\nSubject: x\r\nMessage-ID: <1@clinic.example>\r\n\r\n"
    texts = {"plain": plain + "body\r\n", "from-twice": "from: b@b.example\r\n" + plain, "from-disguised": "Fr\x01om: b@b.example\r\n" + plain,
             "folded": "From:\r\n Ann\r\n\t<ann@clinic.example>\r\nMessage-ID:\r\n <1@b>\r\n\r\n", "line-without-colon": "nothing\r\n" + plain,
             "begins-with-blank": " x\r\n" + plain, "no-blank-line": plain[:-2], "empty": "\r\nbody\r\n", "blank-before-colon": "From \t: a@b.example\r\n\r\n",
             "bare-lf": "From: a@b.example\nTo: c\r\n\r\n", "quoted-fold": 'From: <"a\r\n b"@clinic.example>\r\n\r\n'}
    yield from ((name, text.encode()) for name, text in texts.items())
    for kind, field in (("address", "From"), ("id", "Message-ID"), ("unstructured", "Subject"), ("received", "Received")):
        for number, row in enumerate(rows(f"mime/header-{kind}.jsonl")[:40]):
            yield f"shared-{kind}-{number:02}", (field + ": " + row["header"].rstrip("\n").replace("\n", "\r\n") + "\r\n" + plain).encode()


def delivery_report():
    about = "Reporting-MTA: dns; mx\r\n\r\n"
    one = "Final-Recipient: rfc822; b@b\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    texts = {"failed": about + one, "delayed": about + "Action: delayed\r\nStatus: 4.4.1 (x)\r\n", "two": about + one + "\r\n" + one,
             "empty": about, "folded": about + "Action:\r\n failed\r\nStatus: 5.1\r\n"}
    for name, text in texts.items():
        yield name, (f'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n{text}\r\n--b--\r\n').encode()


def portal_form():
    def part(disposition, content):
        return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"
    forms = {"text": part('name="text"', b"hello"), "file": part('name="text"', b"") + part('name="file"; filename="a%22.pdf"', b"\0\r\n--"),
             "none": b"", "no-file": part('name="file"; filename=""', b"")}
    yield from ((name, body + b"--b--\r\n") for name, body in forms.items())


def entity():
    sys.path.insert(0, str(ROOT / "interop"))
    from awkward_mails import MAILS  # noqa: E402
    yield from ((name.replace(" ", "-").replace("=", "-"), mail if len(mail) < 3000 else mail[:3000]) for name, mail in MAILS.items())
    yield from (("header-" + name, data_) for name, data_ in header() if not name.startswith("shared"))
    texts = {"hp": "Subject: a\r\n b\r\nComments: c\r\nHP-Outer: x: y\r\nContent-Type: text/plain; (c) a=\"b\\\"\";\r\n\r\nx",
             "enveloped": "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx", "inline": "\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx",
             "encrypted": 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n--b\r\n'}
    yield from ((name, text.encode()) for name, text in texts.items())


# What comes from directories and authorities, made anew by the openssl command

def openssl(folder, *words, stdin=None):
    return subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, input=stdin).stdout


def certificate():
    keys = {"rsa": ["RSA", "rsa_keygen_bits:2048"], "p256": ["EC", "ec_paramgen_curve:P-256"], "p384": ["EC", "ec_paramgen_curve:P-384"], "ed25519": ["ED25519"],
            "pss": ["RSA-PSS", "rsa_keygen_bits:2048"]}
    shapes = {"plain": ["subjectAltName=email:bob@lab.example", "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement", "extendedKeyUsage=emailProtection"],
              "utf8": ["subjectAltName=otherName:1.3.6.1.5.5.7.8.9;UTF8:bob@lab.example"], "subject": [],
              "asks": ["subjectAltName=email:Bob@Lab.example,email:b@x.example,DNS:x", "crlDistributionPoints=URI:http://a.example/c,URI:ldap://b", "authorityInfoAccess=OCSP;URI:http://o.example"]}
    with tempfile.TemporaryDirectory() as folder:
        for name, (algorithm, *options) in keys.items():
            openssl(folder, "genpkey", "-algorithm", algorithm, *[word for option in options for word in ("-pkeyopt", option)], "-out", "key")
            for shape, extensions in shapes.items():
                subject = "/CN=Bob/emailAddress=bob@lab.example" if shape == "subject" else "/CN=Bob"
                yield f"{name}-{shape}", openssl(folder, "req", "-x509", "-key", "key", "-days", "3650", "-subj", subject, "-outform", "DER",
                                                 *[word for extension in extensions for word in ("-addext", extension)])


def revocation():
    with tempfile.TemporaryDirectory() as folder:
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj", "/CN=fuzz", "-keyout", "key", "-out", "ca")
        Path(folder, "index").write_text("R\t360101000000Z\t260101000000Z\t01\tunknown\t/CN=x\n")
        Path(folder, "conf").write_text("[ca]\ndefault_ca=a\n[a]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=3650\n")
        crl = openssl(folder, "ca", "-config", "conf", "-gencrl", "-keyfile", "key", "-cert", "ca")
        yield "crl-pem", b"\0" + crl
        yield "crl-der", b"\0" + openssl(folder, "crl", "-outform", "DER", stdin=crl)
        openssl(folder, "ocsp", "-issuer", "ca", "-serial", "1", "-reqout", "request", "-no_nonce")
        openssl(folder, "ocsp", "-index", "index", "-rsigner", "ca", "-rkey", "key", "-CA", "ca", "-reqin", "request", "-respout", "response", "-ndays", "3650")
        yield "ocsp", b"\1" + Path(folder, "response").read_bytes()
        yield "ocsp-try-later", b"\1\x30\x03\x0a\x01\x03"


# Files that people edit

def toml(*folders):
    for folder in folders:
        for file in sorted((ROOT / folder).glob("*.toml")):
            yield file.stem, file.read_bytes()


def policy():
    yield from toml("tests/cases/policy-bad", "conf/policy.d")
    two = [text for _, text in toml("conf/policy.d")][:2]
    yield "two-files", b"\n====\n".join(two)
    yield "large-is-refused", b"version = 1\n[[rule]]\nname = 'a'\nwhen = { to = 'outside', size.over = '2MiB' }\nthen = { action = 'refuse', reason = '' }\n"
    yield "everything", b"""version = 1
trigger = { protect = ["[secure]"] }
group.a = { addresses = ["ann@clinic.example", ".lab.example"], file = "members.txt" }
dictionary.d = { words = ["biopsy"], confidence = "high" }
detector.n = { regex = '[0-9]{3}', needs = ["number"], within = 50, confidence = "low" }
[[rule]]
name = "r"
when = { any = [ { from = ["inside", "a@b.example"] }, { all = [ { to = "outside" }, { size.over = "1KiB" }, { trigger = true } ] } ] }
unless = { not = { group.from = "a" }, header.x-class = "internal", subject = { regex = "x+" }, media_type = "image/png", attachment = true }
then = { action = "protect", reason = "x", methods = ["tls", "smime"], tls = { level = "verified", version = "1.3" } }
mode = "monitor"
[[rule]]
name = "f"
when.near = { chars = 100, of = [ { finding = "n", count = 2, distinct = 2 }, { finding = ["d"], confidence = "high" } ] }
then = { action = "quarantine", reason = "y", release = ["boss@clinic.example"] }
====
version = 1
[[rule]]
name = "u"
when.uninspectable = ["encrypted", "crashed"]
then = { action = "refuse", reason = "z" }
[[exemption]]
name = "e"
rules = ["u"]
when.from = "ann@clinic.example"
until = 2027-01-31
[[test]]
name = "t"
mail = { from = "ann@clinic.example", to = ["bob@lab.example"], subject = "s", text = "t" }
expect."bob@lab.example" = { action = "deliver" }
"""


def configuration():
    yield from toml("tests/cases/config-bad", "tests/cases", "conf")
    yield "floors", b"""version = 1
hostname = "a.b"
state = "/x"
spool.kek = "file:k"
[[listener]]
name = "m"
address = ["[::1]:25"]
tls = { certificate = "file:c", key = "file:k" }
[tenant.c]
domains = ["c.d"]
bind.networks = ["192.0.2.0/24"]
[settings]
deliver.tls = { level = "encrypted", version = "1.3" }
[partner."e.f"]
settings.deliver.tls = { level = "verified", version = "1.3" }
"""


# What a server reads

PATHS = ["MAIL FROM:<a@a.example>", "RCPT TO:<b@b.example>"]
STATES = {"connected": [], "ready": ["EHLO c.example"], "envelope": ["EHLO c.example", PATHS[0]],
          "recipients": ["EHLO c.example", *PATHS], "chunks": ["EHLO c.example", *PATHS, "BDAT 2\r\nx\\c"]}
COMMANDS = {"ehlo": "EHLO d.example", "helo": "HELO d.example", "starttls": "STARTTLS", "mail": PATHS[0], "rcpt": PATHS[1],
            "data": "DATA\r\nSubject: x\r\n\r\n..x\r\n.", "bdat": "BDAT 3\r\nx\r\n\\c", "bdat-last": "BDAT 3 LAST\r\nx\r\n\\c", "rset": "RSET",
            "noop": "NOOP", "vrfy": "VRFY b", "help": "HELP", "quit": "QUIT", "unknown": "AUTH x", "bad-bdat": "BDAT x", "null": "MAIL FROM:<>"}
OFF, OFFERED, REQUIRED, IMPLICIT = range(4)


def wire(lines):
    return "".join(line[:-2] if line.endswith("\\c") else line + "\r\n" for line in lines).encode()


def session(lines, starttls=OFF, refuse=0, limits=0, failing_write=0, cuts=0xff, answers=b"\0\0\0\0"):
    what = lines if isinstance(lines, bytes) else wire(lines)
    return bytes([starttls | refuse << 2 | limits << 3 | failing_write << 4, cuts]) + answers + what


def answers(at, digit):
    digits = [0] * 8
    digits[at] = digit
    return bytes(digits[i] | digits[i + 1] << 4 for i in range(0, 8, 2))


def unescaped(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1") if "\\" in text else text.encode()


def dialogue(file):
    """The client's side of a dialogue of tests/cases/smtp/server, as bytes."""
    out, settings = b"", {}
    events = {"TLS": b"", "TLS-RESET": b"\x1f", "TLS-INCAPABLE": b"\x1f", "CLOSE": b"", "RESET": b"\x1c", "TIMEOUT": b"\x1d", "...": b"\x1e"}
    theirs = False
    for line in file.read_text().splitlines():
        if line.startswith("set "):
            name, _, value = line[4:].partition(" ")
            settings[name] = value
        if line in events:
            out += events[line]
        if line.startswith("C:"):
            out += b"" if theirs else b"\x1e"
            text = line[3:]
            whole = not text.endswith("\\c")
            out += unescaped(text if whole else text[:-2]) + (b"\r\n" if whole else b"")
        theirs = line.startswith("C:") or line == "..."
    return session(out, ["off", "offered", "required", "implicit"].index(settings.get("starttls", "off")),
                   refuse=settings.get("bdat-bare-lf") == "refuse", limits="announce-limits" in settings)


def server_session():
    tls = ["EHLO c.example", "STARTTLS\r\n\x1e\\c"]
    for state, steps in STATES.items():
        for name, command in COMMANDS.items():
            yield f"{state}-then-{name}", session([*steps, command, "NOOP"])
            yield f"tls-{state}-then-{name}", session([*tls, *steps, command, "NOOP"], REQUIRED)
    whole = [*STATES["recipients"], COMMANDS["data"], *PATHS, COMMANDS["bdat-last"], "QUIT"]
    calls = ["greeting", "hello", "mail", "rcpt", "body-begins", "body-ends", "second-mail", "second-rcpt"]
    for at, call in enumerate(calls):
        for digit, word in ((12, "refused"), (13, "deferred"), (14, "closing"), (15, "failing")):
            yield f"{word}-at-{call}", session(whole, answers=answers(at, digit))
    yield "no-room-for-chunks", session([*STATES["chunks"], COMMANDS["bdat-last"], "QUIT"], answers=answers(4, 13))
    for number in range(1, 12):
        yield f"write-{number:02}-fails", session([line + "\x1e\\c" if line.endswith("\\c") else line + "\r\n\x1e\\c" for line in whole], failing_write=number)
    text = wire(whole)
    for word, event in (("reset", b"\x1c"), ("silence", b"\x1d"), ("end", b"")):
        for at in range(0, len(text), 13):
            yield f"{word}-after-{at:03}", session(text[:at] + event)
    yield "bare-lf-in-data", session([*STATES["recipients"], "DATA\r\nx\n.\nMAIL FROM:<evil@a.example>\r\n.", "QUIT"])
    yield "implicit-tls", session(whole, IMPLICIT)
    yield "implicit-tls-fails", session(b"\x1f", IMPLICIT)
    yield "body-beyond-the-limit", session([*STATES["recipients"], "DATA", "", *["x" * 70] * 10, ".", "QUIT"])
    yield "body-without-end", session([*STATES["recipients"], "DATA", "", *["x" * 70] * 40])
    yield "header-beyond-the-limit", session([*STATES["recipients"], "DATA", *["X: " + "x" * 66] * 4, ".", "QUIT"])
    yield "long-body-line", session([*STATES["recipients"], "DATA", "x" * 81, ".", "QUIT"])
    yield "too-many-recipients", session([*STATES["recipients"], *[PATHS[1]] * 3, COMMANDS["data"]])
    yield "too-many-errors", session(["EHLO c", *["NONSENSE"] * 6])
    for file in sorted((CASES / "smtp" / "server").glob("*.txt")):
        data = dialogue(file)
        if len(data) < 3000:
            yield "case-" + file.stem, data


def command():
    texts = {"mail-all-parameters": "MAIL FROM:<a@b.example> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=a+2Bb", "mail-utf8": "MAIL FROM:<é@b.example> SMTPUTF8",
             "mail-requiretls": "MAIL FROM:<a@b.example> REQUIRETLS RET=HDRS",
             "mail-requiretls-value": "MAIL FROM:<a@b.example> REQUIRETLS=yes",
             "rcpt-source-route": 'RCPT TO:<@x,@y:"a b"@c.example>', "rcpt-dsn": "RCPT TO:<b@c.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+40c.example",
             "rcpt-never": "rcpt to: <b@[192.0.2.1]> notify=never", "bdat-last": "BDAT 100 LAST", "bdat-huge": "BDAT 99999999999999999999", "ehlo-literal": "EHLO [IPv6:::1]",
             "null-sender": "MAIL FROM:<>", "quoted-angle": 'MAIL FROM:<"a>b"@c.example>', "parameter-twice": "MAIL FROM:<a@b.example> SIZE=1 SIZE=2"}
    yield from ((name, text.encode()) for name, text in texts.items())
    yield from ((name, text.splitlines()[0].encode()) for name, text in COMMANDS.items())


def bodies(extra):
    texts = {"dots": "a\r\n..b\r\n.\r\nQUIT\r\n", "bare-lf": "a\n.\n\r\n.\r\n", "dot-cr": "x\r\n.\rb\r\n.\r\n", "dot-cr-cr": "a\r\n.\r\r\n.\r\n",
             "nul": "a\0b\r\n.\r\n", "no-end": "a\r\n.\r", "empty": ".\r\n", "bare-cr-at-the-end": "a\r", "no-line-end": "a", "long-line": "x" * 1001 + "\r\n.\r\n"}
    for cuts in (0x00, 0x21, 0xff):
        yield from ((f"{name}-cut-{cuts:02x}", bytes([cuts]) + text.encode()) for name, text in texts.items())
    for row in filter(lambda one: "bytes_hex" in one, rows("smtp/end-of-data.jsonl")):
        yield "shared-" + row["name"], b"\x31a\r\n" + bytes.fromhex(row["bytes_hex"]) + extra


def data():
    yield from bodies(b"MAIL FROM:<evil@a.example>\r\n\r\n.\r\n")


def bdat():
    yield from bodies(b"x")


def reply():
    texts = {"ehlo": "250-mx\n250-SIZE 1000\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n250-DSN\n250 STARTTLS\n",
             "ehlo-in-tls": "250-mx\n250-PIPELINING\n250 REQUIRETLS\n",
             "multi-line": "550-5.7.1 a\n550 5.7.1 b\n",
             "without-text": "250\n354 go\n421 x\n", "codes-differ": "250-a\n251 b\n", "other-class": "250 5.0.0 x\n", "no-mark": "250x\n", "low": "199 x\n"}
    yield from ((name, text.encode()) for name, text in texts.items())
    for file in sorted((CASES / "smtp" / "client").glob("*.txt")):
        lines = [line[3:] for line in file.read_text().splitlines() if line.startswith("S:")]
        yield "case-" + file.stem, "".join(line + "\n" for line in lines).encode()


def openpgp_key():
    """The armoured keys of the tests as they are, and each in binary, so that mutations reach its packets."""
    for file in sorted((CASES / "openpgp").glob("*.asc")):
        text = file.read_text()
        body = re.sub(r"(?m)^(-----.*|[A-Za-z-]+: .*|=.*)$", "", text)
        yield file.stem + "-binary", base64.b64decode(body)
        if file.stem in ("plain", "v3", "keyring"):
            yield file.stem, text.encode()


def dkim():
    football = ("From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\nSubject: Is dinner ready?\r\n"
                "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
                "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n")
    signature = ("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
                 " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n"
                 " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
                 " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n")  # RFC 8463 appendix A
    record = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\0"
    small = "From: a@b.example\r\n\r\n"
    texts = {"rfc-8463": record + signature + football, "revoked": "v=DKIM1; k=ed25519; p=\0" + signature + football,
             "length": record + signature.replace("q=", "l=5; x=2; q=") + football, "simple": record + signature.replace("relaxed/relaxed", "simple") + football,
             "plain": "\0" + small + "one\r\ntwo\r\n", "blanks": "\0" + small + " a\t b \r\n\t\r\n\r\nc  d\r\n \r\n\r\n", "empty": "\0" + small,
             "bare": "\0" + small + "a\rb\nc \r", "two": record + signature + signature.replace("d=football", "d=x") + football,
             "twice": "\0Subject: a\r\nsubject :  b\r\n\tc \r\n" + small + "x", "record": "k=rsa; h=sha1:sha256; s=*; t=y:s; n=\xe4; p=AAAA\0" + signature + football}
    yield from ((name, text.encode("latin-1")) for name, text in texts.items())


def claims():
    """The attacks: most of them are about these fields."""
    for file in sorted((ROOT / "tests" / "attacks").glob("*/*.txt")):
        if any(word in file.stem for word in ("organisation", "secret", "id-", "own", "journal", "spoofed")):
            yield file.stem, file.read_bytes().split(b"---\n", 1)[1].replace(b"\n", b"\r\n")


def strip():
    texts = {"field": "X-Key: a\r\n b\r\nA: 1\r\nx-postern-TRACE :c\r\n\r\nX-Key: body\r\n", "malformed": "no field\r\nX-Key: a\r\n\r\n",
             "report": "A: 1\r\n\r\n--b\r\n\r\nX-Key: a\r\n\tb\r\nSubject: x\r\n--b--", "long": "A: 1\r\n\r\n" + "x" * 2100 + "\r\n X-Key: y\r\nX-Key: z",
             "long-name": "X-Key" + " " * 2100 + ": a\r\nB: 1\r\n\r\n", "bare": "X-Key: a\rX-Key: b\nX-Key: c\r\n",
             "attached": "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nX-Key: a\r\n b\r\n\r\nX-Key: c\r\n--b--\r\n",
             "signed": "Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: text/rfc822-headers\r\n\r\nX-Key: a\r\n--s--\r\n"}
    yield from ((f"{name}-{cut}", bytes([cut]) + text.encode()) for name, text in texts.items() for cut in (0, 6))


def message_trace():
    head = "Received,SenderAddress,RecipientAddress,Subject,Status,MessageId\r\n"
    row = '2026-11-28T07:00:00,ann@clinic.example,bob@good.example,"A ""b"", c",Delivered,<1@clinic.example>\r\n'
    texts = {"csv": head + row, "type": "#TYPE x\r\n" + head + row, "open-quote": head + '"a', "blank-lines": head + "\r\n\r\n" + row + ",,,,,\n",
             "extended": "origin_timestamp_utc,sender_address,recipient_status,message_id\n1,ann@clinic.example,a@x.example##Send;b@y.example##Fail,<1@x>\n",
             "json": json.dumps([{"Received": "1", "SenderAddress": "ann@clinic.example", "RecipientAddress": "bob@good.example", "Status": "Delivered", "MessageId": "<1@x>"}]),
             "value": json.dumps({"value": [{"SenderAddress": "a"}]}), "event": json.dumps({"message_id": "<1@x>", "recipient": "bob@good.example"}) + "\n",
             "deep": "[" * 40 + "]" * 40, "mark": "\ufeff" + head + row}
    yield from ((name, text.encode()) for name, text in texts.items())
    yield "utf-16", (head + row).encode("utf-16")


def spf():
    texts = {"microsoft": "v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 ip4:52.100.0.0/15 ip6:2a01:111:f400::/48 ip6:2a01:111:f403::/49 -all",
             "include": "v=spf1 include:spf.protection.outlook.com include:_spf.x.example ~all", "redirect": "v=spf1 redirect=_spf.x.example",
             "modifiers": "V=SPF1 exp=why.%{d} x-odd=/: +ip4:192.0.2.77/24 ?all ptr", "macro": "v=spf1 exists:%{i}._spf.%{d} -all", "bare": "v=spf1"}
    yield from ((name, text.encode()) for name, text in texts.items())


def sts():
    records = [["".join(strings) for strings in row["txt"]] for row in rows("tls/mta-sts-txt.jsonl") if "txt" in row]
    yield from ((f"records-{number:02}", b"\0" + "\n".join(one).encode()) for number, one in enumerate(records))
    bodies = [row["body"] for row in rows("tls/mta-sts-policy.jsonl") if "body_repeat" not in row]
    yield from ((f"policy-{number:02}", b"\1" + body.encode()) for number, body in enumerate(bodies))

    def kept(*policies):
        """base/codec: every number here is below 128."""
        def text(one):
            return bytes([len(one)]) + one.encode()
        week = b"\x80\xf5\x24"  # 604800
        return b"\2" + bytes([len(policies)]) + b"".join(text(domain) + text("20261128") + b"\5" + bytes([mode]) + week + bytes([len(mx)])
                                                        + b"".join(map(text, mx)) for domain, mode, mx in policies)
    yield "kept-none", kept()
    yield "kept-two", kept(("a.example", 2, ["*.a.example", "mx.a.example"]), ("b.example", 0, []))
    yield "kept-twice", kept(("a.example", 1, ["mx.a.example"]), ("a.example", 2, ["mx2.a.example"]))


# What a recipient is shown

def portal_html():
    yield from ((file.stem, file.read_bytes()) for file in sorted((ROOT / "tests" / "portal" / "xss").glob("*.html"))[::3])


def portal_view():
    yield from ((file.stem, file.read_bytes()) for file in sorted((CASES / "inspect").glob("*.eml")) if file.stat().st_size < 3000)


def portal_site():
    """A browser's whole visits: \\x1c the lookup, \\x1d the link's secret, \\x1e the code, \\x1f the cookie, \\x1b the ticket (portal_site.cpp)."""
    host, form = "Host: secure.clinic.example\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"

    def get(path, more=""):
        return f"GET {path} HTTP/1.1\r\n{host}Cookie: \x1f\r\n{more}\r\n"

    def post(path, body, length, more=""):
        return f"POST {path} HTTP/1.1\r\n{host}Cookie: \x1f\r\n{form}{more}Content-Length: {length}\r\n\r\n{body}"

    def code(more=""):
        return post("/m/\x1c/code", link, len("link=") + 43, more)

    def enter(digits="\x1e", length=6):
        return post("/m/\x1c/open", f"{link}&code={digits}", len("link=&code=") + 43 + length)

    land, link = get("/m/\x1c/\x1d"), "link=\x1d"
    opened = land + code() + enter()
    for number in (0, 1):
        visits = {"opens": opened + get("/read"), "asks-twice": land + code() + code(), "guesses": code() + enter("000000") + enter("12", 2),
                  "ends": opened + post("/end", "", 0) + get("/read"), "foreign": land + code("Sec-Fetch-Site: cross-site\r\n") + code("Origin: https://evil.example\r\n"),
                  "ours": code("Origin: https://secure.clinic.example:443\r\nSec-Fetch-Site: same-origin\r\n"),
                  "chunks": f"POST /m/\x1c/code HTTP/1.1\r\n{host}{form}Transfer-Encoding: chunked\r\n\r\n30;x=y\r\n{link}\r\n0\r\nA: b\r\n\r\n" + land}
        reply = '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\nx\r\n--b--\r\n'
        visits["replies"] = opened + get("/read/reply") + f"POST /read/reply HTTP/1.1\r\n{host}Cookie: \x1f\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(reply)}\r\n\r\n{reply}" + get("/read/sent")
        for page in ("text", "html", "print", "original", "attachment/0", "image/0"):
            visits["reads-" + page.replace("/", "-")] = opened + get("/read/" + page)
        yield from ((f"{name}-{number}-cut-{cut:02x}", bytes([cut | number]) + text.encode()) for name, text in visits.items() for cut in (0, 12))
    def choose(password, again):
        body = f"{link}&ticket=\x1b&password={password}&again={again}"
        return post("/m/\x1c/choose", body, len(body) - 2 + 43 + 43)

    def sign_in(password):
        return post("/m/\x1c/sign-in", f"{link}&password={password}", len("link=&password=") + 43 + len(password))

    good, other = "tulip+violin+harbour", "marble+canyon+whistle"
    chosen = opened + choose(good, good)
    with_password = {"chooses": chosen + get("/read"), "slips": opened + choose(good, other) + choose("Password1234", "Password1234") + choose(good, good) + get("/read"),
                     "sign-in-pages": chosen + get("/read/sign-in") + "".join(post(f"/read/sign-in/{what}", "a=b", 3) for what in ("new-app", "new-passkey", "ask-password", "ask-remove")),
                     "signs-in": chosen + post("/end", "", 0) + sign_in(other) + sign_in(good) + get("/read/original"), "code-alone": opened + get("/read"),
                     "forgets": chosen + code() + enter() + choose(other, other) + sign_in(good) + sign_in(other) + get("/read")}
    yield from ((f"password-{name}-cut-{cut:02x}", bytes([0x80 | cut]) + text.encode()) for name, text in with_password.items() for cut in (0, 12))
    plain = {"unknown-link": get("/m/" + "b" * 22 + "/" + "c" * 43), "assets": "".join(get(path) for path in ("/style.css", "/icon.svg", "/robots.txt", "/brand/clinic.css", "/brand/clinic/logo", "/brand/x/logo")),
             "other-host": land.replace("Host: secure", "Host: evil"), "head": land.replace("GET", "HEAD"), "language": get("/read", "Accept-Language: de-AT, en;q=0.5\r\n"),
             "closes": get("/", "Connection: close\r\n") + land, "expects": post("/end", "", 0, "Expect: 100-continue\r\n"), "too-long": post("/end", "x", 4097), "trace": get("/").replace("GET", "TRACE")}
    yield from ((name, b"\0" + text.encode()) for name, text in plain.items())


TARGETS = [address, header, delivery_report, entity, certificate, revocation, sts, openpgp_key, dkim, claims, strip, message_trace, spf, policy, configuration, command, reply, data, bdat, server_session, portal_form, portal_html, portal_view, portal_site]


def main():
    chosen = [target for target in TARGETS if not sys.argv[1:] or target.__name__ in sys.argv[1:]]
    for target in chosen:
        folder = ROOT / "fuzz" / "corpus" / target.__name__
        folder.mkdir(parents=True, exist_ok=True)
        seeds = dict(target())
        for name, data_ in seeds.items():
            (folder / name).write_bytes(data_)
        print(f"{target.__name__}: {len(seeds)} seeds")


if __name__ == "__main__":
    main()
