"""What it costs to find out what a recipient's domain can: the relay to MX hosts with nothing looked up but MX and addresses, and with DNSSEC,
DANE (TLSA asked for and proven absent) and MTA-STS (a policy, in testing mode), warm caches, in turns in one run. Medians of the rounds.

    ./dev bench discovery [--json] [--messages N] [--rounds N]

The sink knows no TLS, so that no handshake hides the difference. `ratio` is with to without: the bar is 0.9.
"""
import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from relay import NO_RULES, REPOSITORY, BenchGateway, Tools, measure, say
from dns import Dns  # noqa: E402  (relay has set the path)
from sts_lab import PolicyHost, http, policy  # noqa: E402

POLICY_HOST = "127.0.0.34"
WITHOUT = 'discovery = { mta_sts = false }\nresolver = { address = "%s", trust_ad = false }\n'
WITH = 'discovery = { mta_sts = true, egress = ["127.0.0.0/8"] }\nresolver = { address = "%s", trust_ad = true }\n'


def world(sink):
    dns = Dns({"lab.example": {"MX": [(10, "mx.lab.example")]}, "mx.lab.example": {"A": [sink[0]]},
               "_mta-sts.lab.example": {"TXT": ["v=STSv1; id=1;"]}, "mta-sts.lab.example": {"A": [POLICY_HOST]},
               "_25._tcp.mx.lab.example": {}})
    dns.authenticated, dns.negative_ttl = True, 3600
    return dns


class DiscoveringGateway(BenchGateway):
    """Its settings stand before the first table."""

    def __init__(self, folder, sink, settings):
        self.settings = settings
        super().__init__(folder, sink, NO_RULES, route='{ via = "mx" }')

    def write_configuration(self, extra=""):
        super().write_configuration(extra)
        self.configuration.write_text(self.settings + self.configuration.read_text())


def main():
    options = argparse.ArgumentParser(prog="./dev bench discovery")
    options.add_argument("--json", action="store_true")
    options.add_argument("--messages", type=int, default=5000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()

    folder = Path(tempfile.mkdtemp(prefix="postern-bench-", dir=REPOSITORY / "build"))
    closing = []
    try:
        tools = Tools(folder / "tools")
        closing.append(tools.close)
        sink = (tools.address, tools.port)
        dns = world(sink)
        closing.append(dns.close)
        relays = {"without": DiscoveringGateway(folder / "without", sink, WITHOUT % dns.address),
                  "with": DiscoveringGateway(folder / "with", sink, WITH % dns.address)}
        closing += [relay.stop for relay in relays.values()]
        host = PolicyHost(POLICY_HOST, relays["with"].authority.server("mta-sts.lab.example"), http(policy("testing", ["mx.lab.example"])))
        closing.append(host.close)
        results = {name: [] for name in relays}
        for relay in relays.values():
            measure(tools, relay, 100, False)  # warm
        assert host.requests, "the policy was not fetched"
        for _ in range(chosen.rounds):
            for name, relay in relays.items():
                results[name].append(measure(tools, relay, chosen.messages, False))
        rate = {name: statistics.median(speed for speed, _ in rounds) for name, rounds in results.items()}
        cpu = {name: statistics.median(cost for _, cost in rounds) for name, rounds in results.items()}
        for name in relays:
            say("mx-10k", f"{name}_messages_per_second", rate[name], "1/s", chosen.json)
            say("mx-10k", f"{name}_cpu_per_1000", cpu[name], "s", chosen.json)
        say("mx-10k", "ratio", rate["with"] / rate["without"], "", chosen.json)
        say("mx-10k", "cpu_ratio", cpu["with"] / cpu["without"], "", chosen.json)
    finally:
        for close in closing:
            close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
