"""How many sealed messages a second leave the gateway, beside the same gateway's plain relay in the same run: 10 KB from 20 sessions, one
recipient each, through posternd to Postfix's smtp-sink. The sender's identity signs: S/MIME with P-256 or RSA-2048 (to an RSA-2048 key),
OpenPGP with Curve25519 keys on both sides, by librnp. Medians of the rounds; the ways take turns.

    ./dev bench seal-relay [--json] [--messages N] [--rounds N]

CPU is of posternd and its children. Needs root, as the relay bench does.
"""
import argparse
import importlib
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
relay = importlib.import_module("relay")
from mail_keys import MailAuthority, PgpPerson, SmimePerson  # noqa: E402  (relay has set the path)

RECIPIENT, SENDER = "bob@lab.example", "ann@clinic.example"
P256 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
SEALED = 'version = 1\n[[rule]]\nname = "all"\nwhen.to = "outside"\nthen = {{ action = "protect", methods = ["{}"], reason = "All of it" }}\n'


class SealingGateway(relay.BenchGateway):
    """Its sender has an identity, its recipient a key."""

    def __init__(self, folder, sink, method, people):
        self.roots = people.authority.certificate
        super().__init__(folder, sink, SEALED.format(method))
        self.stop()
        self.keys("import", people.recipient)
        self.keys("identities", "import", people.certificate, "--private-key", people.key)
        self.start()

    def write_configuration(self, extra=""):
        super().write_configuration()
        with open(self.configuration, "a") as file:
            file.write(f'\n[keys]\nroots = "{self.roots}"\n')

    def keys(self, *arguments):
        done = self.run("keys", *arguments)
        if done.returncode != 0:
            sys.exit("bench seal-relay: " + done.stdout + done.stderr)


class People:
    def __init__(self, folder, authority, algorithm):
        self.authority = authority
        if algorithm == "curve25519":
            ann, bob = PgpPerson(folder, SENDER), PgpPerson(folder, RECIPIENT)
            self.recipient, self.certificate, self.key = bob.public, ann.public, ann.secret
            ann.close()
            bob.close()
        else:
            ann = SmimePerson(folder, SENDER, authority, algorithm=algorithm)
            self.recipient = SmimePerson(folder, RECIPIENT, authority).certificate
            self.certificate, self.key = ann.certificate, ann.key


WAYS = {"smime_p256": ("smime", P256), "smime_rsa2048": ("smime", ("rsa:2048",)), "openpgp_curve25519": ("openpgp", "curve25519")}


def main():
    options = argparse.ArgumentParser(prog="./dev bench seal-relay")
    options.add_argument("--json", action="store_true")
    options.add_argument("--messages", type=int, default=2000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()

    folder = Path(tempfile.mkdtemp(prefix="postern-bench-", dir=relay.REPOSITORY / "build"))
    closing = []
    try:
        tools = relay.Tools(folder / "tools")
        closing.append(tools.close)
        sink = (tools.address, tools.port)
        (folder / "people").mkdir()
        authority = MailAuthority(folder / "people")
        relays = {"plain": relay.BenchGateway(folder / "plain", sink, relay.NO_RULES)}
        closing.append(relays["plain"].stop)
        for name, (method, algorithm) in WAYS.items():
            people = People(folder / "people", authority, algorithm)
            relays[name] = SealingGateway(folder / name, sink, method, people)
            closing.append(relays[name].stop)
        results = {name: [] for name in relays}
        for _ in range(chosen.rounds):
            for name, gateway in relays.items():
                results[name].append(relay.measure(tools, gateway, chosen.messages, True))
        for name in WAYS:  # a figure of mail that was not sealed would be none
            routes = {event.get("route", "") for event in relays[name].events(event="delivered")}
            if not routes or not all(route.startswith(("S/MIME", "OpenPGP")) for route in routes):
                sys.exit(f"bench seal-relay: {name} left by {routes}")
        show(results, chosen.json)
    finally:
        for close in reversed(closing):
            close()
        shutil.rmtree(folder, ignore_errors=True)


def show(results, as_json):
    rate = {name: statistics.median(speed for speed, _ in rounds) for name, rounds in results.items()}
    cpu = {name: statistics.median(cost for _, cost in rounds) for name, rounds in results.items()}
    case = "sealed-10k-20-sessions"
    for name in results:
        relay.say(case, f"{name}_messages_per_second", rate[name], "1/s", as_json)
        relay.say(case, f"{name}_cpu_per_1000", cpu[name], "s", as_json)
    for name in WAYS:
        relay.say(case, f"{name}_ratio_to_plain", rate[name] / rate["plain"], "", as_json)
        relay.say(case, f"{name}_cpu_ratio_to_plain", cpu[name] / cpu["plain"], "", as_json)


if __name__ == "__main__":
    main()
