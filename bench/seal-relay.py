"""How many sealed messages a second leave the gateway, beside the same gateway's plain relay in the same run: 10 KB from 20 sessions, one
recipient each, through posternd to Postfix's smtp-sink. The sender's identity signs: S/MIME with P-256 or RSA-2048 (to an RSA-2048 key),
OpenPGP with Curve25519 keys on both sides, by librnp. Medians of the rounds; the ways take turns.

    ./dev bench seal-relay [--json] [--messages N] [--rounds N]

CPU is of posternd and its children. `ratio_to_relay_and_bare` is what the plain relay and the libraries' bare calls (bench/seal.cpp, the same
keys in the same run) take together, to what sealed mail takes: 1 where nothing else shows. Needs root, as the relay bench does.
"""
# builds: posternd postern bench_seal
import importlib
import json
import subprocess
import sys
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


BARE = {"smime_p256": "smime-10k-p256-to-rsa2048", "smime_rsa2048": "smime-10k", "openpgp_curve25519": "openpgp-10k"}
WAYS = {"smime_p256": ("smime", P256), "smime_rsa2048": ("smime", ("rsa:2048",)), "openpgp_curve25519": ("openpgp", "curve25519")}


def main():
    with relay.Bench("seal-relay", messages=2000) as bench:
        (bench.folder / "people").mkdir()
        authority = MailAuthority(bench.folder / "people")
        relays = {"plain": relay.BenchGateway(bench.folder / "plain", bench.sink, relay.NO_RULES)}
        bench.at_end(relays["plain"].stop)
        for name, (method, algorithm) in WAYS.items():
            people = People(bench.folder / "people", authority, algorithm)
            relays[name] = SealingGateway(bench.folder / name, bench.sink, method, people)
            bench.at_end(relays[name].stop)
        results = bench.rounds(relays, True)
        for name in WAYS:  # a figure of mail that was not sealed would be none
            routes = {event.get("route", "") for event in relays[name].events(event="delivered")}
            if not routes or not all(route.startswith(("S/MIME", "OpenPGP")) for route in routes):
                sys.exit(f"bench seal-relay: {name} left by {routes}")
        show(results, bench.chosen.json)


def bare_cpu():
    """{way: CPU seconds for 1,000 messages of the library's calls alone}"""
    program = relay.REPOSITORY / "build/release/bench/bench_seal"
    done = subprocess.run([program, "--json", *BARE.values()], capture_output=True, text=True, check=True)
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    rates = {figure["case"]: figure["value"] for figure in figures if figure["metric"] in ("bare_per_second", "bare_messages_per_second")}
    return {way: 1000 / rates[case] for way, case in BARE.items()}


def show(results, as_json):
    case = "sealed-10k-20-sessions"
    rate, cpu = relay.medians(case, results, as_json)
    bare = bare_cpu()
    for name in WAYS:
        relay.say(case, f"{name}_bare_cpu_per_1000", bare[name], "s", as_json)
        relay.say(case, f"{name}_ratio_to_relay_and_bare", (cpu["plain"] + bare[name]) / cpu[name], "", as_json)
        relay.say(case, f"{name}_ratio_to_plain", rate[name] / rate["plain"], "", as_json)
        relay.say(case, f"{name}_cpu_ratio_to_plain", cpu[name] / cpu["plain"], "", as_json)


if __name__ == "__main__":
    main()
