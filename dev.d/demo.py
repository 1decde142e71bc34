#!/usr/bin/env python3
"""`./dev demo`: a gateway between an Exchange-like sender and six recipients of its own, on loopback, in a throw-away folder.

It prints for each recipient what happened and why, from the gateway's own event log, and asks the recipients' servers whether
that is true. Exit code 0: all went as it should. --keep leaves everything running, to play with.
"""
import argparse
import dataclasses
import json
import secrets
import shutil
import signal
import sys
import tempfile
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "outside"))

from gateway import Ended, build_folder, wait_until  # noqa: E402
from sender import Sender, queue_id  # noqa: E402
from stage import Stage  # noqa: E402

SENDER = "dr.ann@clinic.example"
NUMBER = "536-22-1234"  # shaped like a social security number; nobody's


@dataclasses.dataclass
class Case:
    name: str               # of the recipient
    domain: str
    server: str             # what it is like, in words
    subject: str
    text: str
    expect: str             # the last event
    story: str              # why, for somebody who sees it for the first time
    header: str = ""
    secret: bool = False    # must never leave in the clear
    told: bool = False      # the sender gets a notice
    id: str = ""
    reply: object = None

    @property
    def address(self):
        return f"{self.name}@{self.domain}"


CASES = [
    Case("anna", "modern.example", "a server with good TLS", "Lunch on Friday", "Shall we try the new place?", "delivered",
         "No rule asks for protection. The server offers TLS, so TLS is used."),
    Case("ben", "plain.example", "a server without TLS", "Parking", "The car park is closed on Monday.", "delivered",
         "No rule asks for protection, so the mail may go as the server can take it: in the clear. The event says so: it "
         "names no TLS."),
    Case("clara", "lab.example", "a server with good TLS", "Results", f"Patient {NUMBER}, potassium 4.1.", "delivered",
         "A rule found a social security number, so the connection must be TLS with a certificate for this very server. It is.",
         secret=True),
    Case("david", "oldtimer.example", "a server without TLS", "[secure] Your appointment", "Tuesday at nine, ward 7.", "held",
         "The sender asked for protection. The server was asked twice and can do no TLS, so the mail is kept and the sender is "
         "told. It never leaves in the clear.", secret=True, told=True),
    Case("eva", "impostor.example", "a server with somebody else's certificate", "Referral", f"Number {NUMBER} is yours now.", "held",
         "It has TLS, but its certificate is for another name: whoever answers there may not be the recipient. Kept, and the "
         "sender is told.", secret=True, told=True),
    Case("frank", "asleep.example", "a server that is down", "Minutes", "See you next week.", "deferred",
         "Nobody answers. The mail waits and is tried again, later and later, for as long as delivery.expire says."),
    Case("grace", "modern.example", "a server with good TLS", "Salaries", "Not for other eyes.", "rejected",
         "A rule refuses what is marked as internal. Exchange gets the refusal at once and tells its own user.",
         header="X-Classification: internal-only\r\n", secret=True),
]


def set_up(folder):
    """The recipients' servers, each of its own kind."""
    stage = Stage(folder)
    for domain in ("modern.example", "lab.example"):
        stage.open(domain)
    for domain in ("plain.example", "oldtimer.example"):
        stage.open(domain, certificate=None)
    stage.open("impostor.example", certificate=stage.authority.server("other", names=["mx.somebody-else.example"]))
    stage.name("asleep.example")
    return stage


def letter(to, subject, text, header=""):
    return (f"From: Dr Ann <{SENDER}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: <{secrets.token_hex(8)}@clinic.example>\r\n"
            f"{header}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n").encode()


def send_all(gateway):
    with gateway.sender() as exchange:
        for case in CASES:
            body = letter(case.address, case.subject, case.text, case.header)
            case.reply = exchange.send(SENDER, [case.address], body, chunks=[100, 64])[-1]
            case.id = queue_id(case.reply)


def last_event(gateway, case):
    """The one that says how it stands: a message that waits for its second proof is not held yet."""
    events = gateway.events(queue_id=case.id, recipient=case.address)
    return next((event for event in reversed(events) if event["event"] == case.expect), None)


def notices(stage):
    return [body.decode() for body in stage.notices()]


def notice_about(stage, case):
    return next((text for text in notices(stage) if case.address in text), None)


def wait_for_all(gateway, stage):
    def done():
        return all(last_event(gateway, case) for case in CASES) and all(notice_about(stage, c) for c in CASES if c.told)
    wait_until(done, timeout=45, pause=0.2)


def problems(gateway, stage, case):
    """What is not as it should be, asked of the event log and of the recipient's server."""
    event = last_event(gateway, case)
    if event is None:
        return [f"there is no event '{case.expect}'"]
    found = []
    sink = stage.sinks.get(case.domain)
    received = [m for m in sink.messages if case.address in m.recipients] if sink else []
    if len(received) != (1 if case.expect == "delivered" else 0):
        found.append(f"its server has {len(received)} message(s)")
    if received and bool(received[0].tls) != ("tls" in event):
        found.append("the event and the server do not agree about TLS")
    if case.secret and any(case.address in m.recipients and not m.tls for m in received):
        found.append("it left in the clear")
    if case.secret and case.expect == "held" and sink.mail_in_clear:
        found.append("the server heard MAIL FROM in the clear")
    if case.expect == "delivered" and case.secret and not event.get("tls", {}).get("verified"):
        found.append("the connection was not verified")
    if (case.reply.code == 550) != (case.expect == "rejected"):
        found.append(f"Exchange was answered {case.reply.code}")
    if case.told != (notice_about(stage, case) is not None):
        found.append("the sender was not told" if case.told else "the sender was told without need")
    return found


def leaks(gateway, stage):
    """Words of the mail in what the gateway wrote outside its sealed spool, the notices included."""
    files = [path for path in gateway.folder.rglob("*") if path.is_file()]
    written = [path.read_bytes() for path in files] + [text.encode() for text in notices(stage)]
    words = [NUMBER.encode()] + [case.text.encode() for case in CASES] + [case.subject.encode() for case in CASES if " " in case.subject]
    return len(files), [word.decode() for word in words if any(word in data for data in written)]


# Telling

BOLD, DIM, GREEN, YELLOW, RED, END = ("\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 6
COLOURS = {"delivered": GREEN, "held": YELLOW, "deferred": YELLOW, "rejected": RED}
WORDS = {"delivered": "delivered", "held": "held, not sent", "deferred": "waits", "rejected": "refused"}


def row(label, text):
    lines = textwrap.wrap(text, 92) or [""]
    print(f"     {DIM}{label:8}{END}" + ("\n" + " " * 13).join(lines))


def tls_words(event):
    tls = event.get("tls")
    if tls:
        verified = "verified" if tls.get("verified") else "not verified"
        return f"{tls['version']}, {tls['cipher']}, certificate of {tls.get('peer', 'nobody')}, {verified}"
    return "none: it went in the clear" if event["event"] == "delivered" else ""


def tell(number, case, gateway, stage):
    event = last_event(gateway, case)
    if event is None:
        print(f"\n  {number}  {BOLD}{case.address}{END}: {RED}nothing is known of it{END}")
        return
    print(f"\n  {number}  {BOLD}{case.address:26}{END}{COLOURS[case.expect]}{WORDS[case.expect]}{END}   {DIM}({case.server}){END}")
    row("mail", f'"{case.subject}": {case.text}')
    row("rule", ", ".join(event.get("rules", [])) or "none matched")
    row("verdict", event.get("action", ""))
    if event.get("route"):
        row("route", event["route"])
    if tls_words(event) and case.expect != "rejected":  # there it is the sender's
        row("TLS", tls_words(event))
    if event.get("reply_code"):
        who = "we said" if case.expect == "rejected" else "it said"
        row(who, f"{event['reply_code']} {event.get('status', '')}")
    for reason in reasons(gateway, case):
        row("log", reason)
    row("why", case.story)
    for problem in problems(gateway, stage, case):
        print(f"     {RED}NOT AS EXPECTED: {problem}{END}")


def reasons(gateway, case):
    """The gateway's own words, each once."""
    told = {}
    for event in gateway.events(queue_id=case.id, recipient=case.address):
        if event.get("reason") and event["event"] != "accepted":
            told.setdefault(event["reason"], event["event"])
    return [f"{kind}: {reason}" for reason, kind in told.items()]


def indent(text, by="     "):
    return textwrap.indent(text.rstrip().replace("\r\n", "\n"), by + "| ", lambda _: True)


def tell_rest(gateway, stage):
    david = next(case for case in CASES if case.told)
    print(f"\n{BOLD}What the sender got about {david.address}{END}: a notice, without a word of the mail\n")
    print(indent(notice_about(stage, david) or "nothing"))
    print(f"\n{BOLD}What the administrator sees{END}: postern queue list, and postern queue show {david.id}\n")
    print(indent(gateway.run("queue", "list").stdout))
    print()
    print(indent(gateway.run("queue", "show", david.id).stdout))


def where_next():
    print(f"""
{BOLD}Where to look next{END}
     docs/policy.md          the rules: this demo's are at the top of tests/outside/gateway.py
     docs/events.md          the event log that all of the above was read from
     gateway/pipeline.cpp    the story of one message, as code
     ./dev test              the proofs
     ./dev demo --keep       the same, left running, to play with""")


def how_to_play(gateway):
    command = f"{build_folder() / 'postern'} --config {gateway.configuration}"
    print(f"""
{BOLD}It is still running{END}; everything is in {gateway.folder.parent}
     send      {sys.argv[0]} --to {gateway.folder.parent} david@oldtimer.example "[secure] Hello" "a text"
     the same  {sys.argv[0]} --to {gateway.folder.parent} frank@asleep.example "Hello" "a text"
     queue     {command} queue list
               {command} queue show ID | release ID | retry ID | delete ID
     rules     edit {gateway.folder}/policy.d/demo.toml, then
               {command} reload
     events    tail -f {gateway.event_file}
     log       tail -f {gateway.log_file}
     SMTP      127.0.0.1:{gateway.ports['m365']}; by hand:
               openssl s_client -quiet -starttls smtp -connect 127.0.0.1:{gateway.ports['m365']} \\
                 -cert {gateway.client[0]} -key {gateway.client[1]}
     who       modern, lab (good TLS), plain, oldtimer (no TLS), impostor (wrong certificate), asleep (down): all .example
""")


def keep(gateway, stage):
    how_to_play(gateway)
    try:
        if not sys.stdin.isatty():
            gateway.process.wait()  # nobody at the keyboard: until it is told to end
            return
        input("Enter wakes frank's server; Ctrl-C ends. ")
        stage.open("asleep.example")
        frank = next(case for case in CASES if case.expect == "deferred")
        gateway.run("queue", "retry", frank.id)
        arrived = gateway.wait_for(queue_id=frank.id, event="delivered", timeout=20)
        print(f"{frank.address}: " + (f"delivered at attempt {arrived[0]['attempt']}, TLS {tls_words(arrived[0])}" if arrived else "still waits"))
        input("Enter or Ctrl-C ends. ")
    except (EOFError, KeyboardInterrupt):
        print()


def send_one(folder, to, subject, text):
    """For --keep: one more letter into a demo that runs."""
    known = json.loads((Path(folder) / "demo.json").read_text())
    with Sender("127.0.0.1", known["port"], certificate=known["client"]) as exchange:
        reply = exchange.send(SENDER, [to], letter(to, subject, text), chunks=[100])[-1]
    print(reply.code, reply.text)
    return 0 if reply.code == 250 else 1


def play(folder, left_running):
    stage = set_up(folder)
    try:
        with stage.gateway() as gateway:
            (folder / "demo.json").write_text(json.dumps({"port": gateway.ports["m365"], "client": list(map(str, gateway.client))}))
            print(f"{BOLD}Postern{END} runs between {SENDER}'s Exchange and six mail servers, on loopback, in {folder}.\n"
                  f"Exchange signs in with the clinic's certificate and sends {len(CASES)} messages by BDAT. A few seconds, for the second\n"
                  "look at the servers that cannot protect …", flush=True)
            send_all(gateway)
            wait_for_all(gateway, stage)
            for number, case in enumerate(CASES, 1):
                tell(number, case, gateway, stage)
            tell_rest(gateway, stage)
            files, leaked = leaks(gateway, stage)
            print(f"\n{BOLD}And nothing of the mail itself{END} – no subject, no text, no number – stands in the {files} files that the gateway\n"
                  "wrote (spool, log, events) nor in the notices" + (f": {RED}NOT TRUE: {leaked}{END}" if leaked else ": they were searched."))
            good = not leaked and not any(problems(gateway, stage, case) for case in CASES)
            print(f"\n{GREEN + 'All as it should be.' if good else RED + 'Not all went as it should: see above.'}{END}")
            if left_running:
                keep(gateway, stage)
            else:
                where_next()
            return 0 if good else 1
    finally:
        stage.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="leave it running, to play with")
    parser.add_argument("--to", nargs=4, metavar=("FOLDER", "ADDRESS", "SUBJECT", "TEXT"), help="send one more letter into a demo that runs")
    options = parser.parse_args()
    if options.to:
        return send_one(*options.to)
    if not (build_folder() / "posternd").exists():
        print(f"There is no posternd in {build_folder()}: build it first (`./dev demo` does), or set POSTERN_BUILD.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the gateway ends with us
    folder = Path(tempfile.mkdtemp(prefix="postern-demo-"))
    try:
        return play(folder, options.keep)
    except Ended as ended:
        print(ended, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
