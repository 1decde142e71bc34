"""No content outside the message: a marker in the subject, the text, a file name, a display name and the peers' replies is in no
file, event, notice, reply or answer of the admin command – and a leak that is planted is found by the same search."""
import base64
import json
import tempfile
from pathlib import Path

from gateway import POLICY, wait_until
from scene import Scene

MARKER = "Zw7Quokka"


def forms(word):
    """The ways in which a word may stand in a file: as it is, in UTF-16, in hexadecimal digits, in base64 at each alignment."""
    plain = word.encode()
    found = {plain, word.encode("utf-16-le"), plain.hex().encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        found.add(coded[(shift * 8 + 5) // 6:len(coded) - 4])  # the ends depend on the neighbours
    return {form.lower() for form in found}


def places_of(word, folder, texts=()):
    """Files under `folder`, by content or name, and numbers of the texts that hold the word in any form."""
    wanted = forms(word)
    found = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))
             if any(form in str(path.relative_to(folder)).lower().encode() for form in wanted)
             or path.is_file() and any(form in path.read_bytes().lower() for form in wanted)]
    return found + [f"text {i}" for i, text in enumerate(texts) if any(form in text.lower() for form in wanted)]


class NoContentOutsideTheMessage(Scene):
    policy = POLICY + """
[[rule]]
name = "marked"
when.subject = "Held"
then = { action = "quarantine", reason = "For a reviewer" }
"""

    def body(self, to, subject, header=b""):
        name = f"{MARKER}-file.txt".encode()
        return (b"From: " + MARKER.encode() + b" Ann <ann@clinic.example>\r\nTo: <" + to.encode() + b">\r\nSubject: " + subject.encode() + b" "
                + MARKER.encode() + b"\r\n" + header + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                b"Content-Type: text/plain\r\n\r\n" + MARKER.encode() + b" 536-22-1234\r\n--b\r\nContent-Type: text/plain; name=\"" + name
                + b"\"\r\nContent-Disposition: attachment; filename=\"" + name + b"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + base64.b64encode(MARKER.encode() * 5) + b"\r\n--b--\r\n")

    def test_a_marker_is_nowhere(self):
        said = f"{MARKER} says the peer"
        self.stage.open("no.example", scripted={"greeting": f"554 {said}\r\n"})
        self.stage.open("later.example", scripted={"ehlo": f"451 4.7.1 {said}\r\n"})
        self.stage.open("starttls.example", scripted={"starttls": f"454 4.7.0 {said}\r\n"})
        self.stage.open("refuses.example", refuse_rcpt=f"550 5.1.1 {said}\r\n")
        replies, ways = [], {
            "bob@good.example": "delivered", "x@plain.example": "held", "x@no.example": "deferred", "x@later.example": "deferred",
            "x@starttls.example": "deferred", "x@refuses.example": "bounced", "x@nowhere.example": "bounced"}
        for to in ways:
            replies.append(self.exchange(self.body(to, "Hello"), to=[to])[-1])
        replies.append(self.exchange(self.body("bob@good.example", "Held"), chunks=[50])[-1])
        replies.append(self.exchange(self.body("bob@good.example", "Hello", b"X-Classification: internal-only\r\n"))[-1])
        replies.append(self.exchange(self.body("bob@good.example", "Hello").replace(b"ann@clinic", b"ann@other"))[-1])
        replies.append(self.exchange(self.body("bob@good.example", "Hello") + b"a\nb\r\n")[-1])
        for to, kind in ways.items():
            self.assertTrue(self.gateway.wait_for(recipient=to, event=kind), f"{to}: no event '{kind}'")
        self.assertTrue(wait_until(lambda: len(self.stage.notices()) >= 3), "no notice came")
        self.assertEqual(len(self.gateway.events(event="rejected")), 2)

        shown = [self.gateway.run("queue", "list").stdout, self.gateway.run("status").stdout]
        for message in self.gateway.queue():
            shown += [self.gateway.run("queue", "show", message["id"]).stdout, json.dumps(message)]
        texts = [text.encode() for text in shown] + [reply.raw for reply in replies] + self.stage.notices()
        self.assertEqual(places_of(MARKER, self.gateway.folder, texts), [])
        self.assertEqual(places_of("536-22-1234", self.gateway.folder, texts), [])
        self.gateway.stop()  # what was in memory is on disk now
        self.assertEqual(places_of(MARKER, self.gateway.folder), [])
        self.gateway.start()

    def test_the_search_finds_a_planted_leak(self):
        for leak in (MARKER.encode(), b"x" + MARKER.upper().encode(), base64.b64encode(b"ab" + MARKER.encode() + b"cd"),
                     MARKER.encode("utf-16-le"), MARKER.encode().hex().encode()):
            with self.subTest(leak), tempfile.NamedTemporaryFile(dir=self.gateway.state, suffix=".leak") as planted:
                planted.write(b"before " + leak + b" after")
                planted.flush()
                self.assertEqual(places_of(MARKER, self.gateway.folder), [str(Path(planted.name).relative_to(self.gateway.folder))])
