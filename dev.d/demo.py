"""`./dev demo [--keep]`: a gateway between an Exchange-like sender and recipient servers of its own, all on loopback.

Sends seven letters and tells, from the gateway's own events, what became of each and why. Exit code 0 only where every letter
met the fate that it should.
"""
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "outside"))
from certs import Authority  # noqa: E402
from dns import Dns  # noqa: E402
from gateway import Gateway, free_port, wait_until  # noqa: E402
from sender import queue_id  # noqa: E402
from sink import Sink  # noqa: E402

SENDER = "ann@clinic.example"
BOLD, DIM, END = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")

# who, what the letter is, subject, text, extra header, the fate that it should meet
LETTERS = [
    ("bob@goodtls.example", "an ordinary letter to a server with good TLS", "Lunch", "At twelve?", "", "delivered"),
    ("cat@notls.example", "an ordinary letter to a server without TLS", "Lunch", "At twelve?", "", "delivered"),
    ("dan@goodtls.example", "a letter with a social security number", "Referral", "SSN 536-22-1234", "", "delivered"),
    ("eve@notls.example", "a protected letter to a server without TLS", "[secure] Results", "All is well.", "", "held"),
    ("fay@wrongname.example", "a protected letter to a server with another's certificate", "[secure] Results",
     "All is well.", "", "held"),
    ("gus@down.example", "a letter to a server that is down", "Lunch", "At twelve?", "", "waiting"),
    ("hal@goodtls.example", "a letter that a rule keeps inside", "Plans", "Internal.",
     "X-Classification: internal-only\r\n", "refused"),
]

ZONE = {
    "goodtls.example": {"MX": [(10, "mx.goodtls.example")]}, "mx.goodtls.example": {"A": ["127.0.0.11"]},
    "notls.example": {"MX": [(10, "mx.notls.example")]}, "mx.notls.example": {"A": ["127.0.0.12"]},
    "wrongname.example": {"MX": [(10, "mx.wrongname.example")]}, "mx.wrongname.example": {"A": ["127.0.0.13"]},
    "down.example": {"MX": [(10, "mx.down.example")]}, "mx.down.example": {"A": ["127.0.0.14"]},
    "clinic.example": {"MX": [(10, "mx.clinic.example")]}, "mx.clinic.example": {"A": ["127.0.0.15"]},
}


def letter(to, subject, text, extra):
    return (f"From: Ann <{SENDER}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: <{to.split('@')[0]}@clinic.example>\r\n"
            f"{extra}MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{text}\r\n").encode()


def last_event(gateway, identity, kinds):
    found = [event for event in gateway.events(queue_id=identity) if event["event"] in kinds]
    return found[-1] if found else None


def fate_of(gateway, identity, expected):
    """The event that decides, as soon as it is there."""
    kinds = {"delivered": ("delivered",), "held": ("held",), "waiting": ("deferred",)}[expected]
    return wait_until(lambda: last_event(gateway, identity, kinds), timeout=30)


def tell_delivered(event):
    tls = event.get("tls", {})
    if tls.get("verified"):
        return f"delivered over TLS {tls['version']}, and the certificate is {event['host']}'s own"
    if tls.get("version"):
        return f"delivered over TLS {tls['version']}; nothing demanded that the certificate be checked"
    return "delivered in the clear: the server offers no TLS, and no rule protects this letter"


def tell(expected, event):
    if event is None:
        return "nothing happened in time"
    if expected == "delivered":
        return tell_delivered(event)
    reason = event.get("reason", "")
    if expected == "held":
        return f"HELD, not sent: {reason}"
    return f"waits and is tried again: {reason}"


def show(to, what, expected, event, ok, reply):
    print(f"\n{BOLD}{to}{END}  {DIM}{what}{END}")
    if event:
        rules = ", ".join(event.get("rules", [])) or "no rule matches"
        print(f"    verdict   {event.get('action', '')}  ({rules})")
        print(f"    route     {event.get('route', '')}")
        if event.get("attempt"):
            print(f"    tries     {event['attempt']}")
    print(f"    outcome   {reply if expected == 'refused' else tell(expected, event)}")
    if not ok:
        print(f"    {BOLD}THIS IS NOT WHAT SHOULD HAVE HAPPENED{END} (expected: {expected})")


def run(folder, keep):
    authority = Authority(folder / "certs")
    port = free_port()
    good = Sink("127.0.0.11", port, certificate=authority.server("mx.goodtls.example"))
    plain = Sink("127.0.0.12", port)
    wrong = Sink("127.0.0.13", port, certificate=authority.server("mx.elsewhere.example"))
    home = Sink("127.0.0.15", port, certificate=authority.server("mx.clinic.example"))
    dns = Dns(ZONE)
    gateway = Gateway(folder / "gateway", authority, dns.address, port)
    print(f"{BOLD}Postern stands between an Exchange-like sender and the servers of five domains.{END}")
    print("Ann, of the clinic, sends seven letters by TLS with the clinic's client certificate, in BDAT chunks.")
    wrongs = 0
    try:
        sent = []
        with gateway.sender() as exchange:
            for to, what, subject, text, extra, expected in LETTERS:
                replies = exchange.send(SENDER, [to], letter(to, subject, text, extra), chunks=[100, 4096])
                sent.append(replies[-1])
        for (to, what, _, _, _, expected), reply in zip(LETTERS, sent):
            if expected == "refused":
                event, ok = None, reply.code == 550
                said = f"REFUSED at once: {reply.code} {reply.text}"
            else:
                event, said = (fate_of(gateway, queue_id(reply), expected) if reply.code == 250 else None), ""
                ok = event is not None
            if to.startswith("dan@"):
                ok = ok and event.get("tls", {}).get("verified") is True
            show(to, what, expected, event, ok, said)
            wrongs += 0 if ok else 1
        wrongs += tell_home(home, plain, wrong)
        where_next(gateway, keep)
    finally:
        if not keep:
            gateway.stop()
            for sink in (good, plain, wrong, home):
                sink.close()
            dns.close()
    return wrongs


def tell_home(home, plain, wrong):
    """What Ann got, and the promise: nothing protected left in the clear."""
    told = home.wait(2, timeout=20)
    print(f"\n{BOLD}What Ann is told{END} about the two letters that are held ({len(home.messages)} notices came home):")
    if home.messages:
        text = home.messages[0].body.decode("ascii").split("\r\n\r\n", 2)[2]
        for line in text.split("\r\n--")[0].splitlines()[:12]:
            print(f"    {DIM}|{END} {line}")
    leaked = [m for sink in (plain, wrong) for m in sink.messages if b"[secure]" in m.body]
    print(f"\nProtected letters that reached a server without the TLS that they need: {BOLD}{len(leaked)}{END}")
    return (0 if told else 1) + len(leaked)


def where_next(gateway, keep):
    print(f"\n{BOLD}Where to look next{END}")
    print("    docs/policy.md         write a rule of your own")
    print("    conf/postern.toml      the configuration to start from")
    if not keep:
        print("    ./dev demo --keep      leaves this gateway running to play with")
        return
    command = f"build/release/postern --config {gateway.configuration}"
    print(f"    {command} queue list --state held")
    print(f"    {command} status")
    print(f"    tail -f {gateway.event_file}")
    print(f"    it listens on 127.0.0.1:{gateway.ports['m365']}; the client certificate is {gateway.client[0]}")
    print("    Ctrl-C ends it.")
    sys.stdout.flush()
    try:
        while gateway.process.poll() is None:
            time.sleep(1)
    except KeyboardInterrupt:
        gateway.stop()


def main():
    keep = "--keep" in sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="postern-demo-"))
    try:
        wrongs = run(folder, keep)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if wrongs:
        print(f"\n{wrongs} thing(s) went otherwise than they should")
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
