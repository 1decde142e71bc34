"""What it costs to find out what a recipient's domain can: the relay to MX hosts with nothing looked up but MX and addresses, and with DNSSEC,
DANE (TLSA asked for and proven absent) and MTA-STS (a policy, in testing mode), warm caches, in turns in one run. Medians of the rounds.

    ./dev bench discovery [--json] [--messages N] [--rounds N]

The sink knows no TLS, so that no handshake hides the difference. `ratio` is with to without: the bar is 0.9.
"""
from relay import NO_RULES, Bench, BenchGateway, measure, medians, say
from dns import Dns  # noqa: E402  (relay has set the path)
from sts_lab import WebHost, http, policy  # noqa: E402

POLICY_HOST = "127.0.0.34"
WITHOUT = 'discovery = { mta_sts = false, egress = ["127.0.0.0/8"] }\nresolver = { address = "%s", trust_ad = false }\n'
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
    with Bench("discovery", messages=5000) as bench:
        dns = world(bench.sink)
        bench.at_end(dns.close)
        relays = {"without": DiscoveringGateway(bench.folder / "without", bench.sink, WITHOUT % dns.address),
                  "with": DiscoveringGateway(bench.folder / "with", bench.sink, WITH % dns.address)}
        for relay in relays.values():
            bench.at_end(relay.stop)
        host = WebHost(POLICY_HOST, relays["with"].authority.server("mta-sts.lab.example"), http(policy("testing", ["mx.lab.example"])))
        bench.at_end(host.close)
        for relay in relays.values():
            measure(bench.tools, relay, 100, False)  # warm
        assert host.requests, "the policy was not fetched"
        case, as_json = "mx-10k", bench.chosen.json
        rate, cpu = medians(case, bench.rounds(relays, False), as_json)
        say(case, "ratio", rate["with"] / rate["without"], "", as_json)
        say(case, "cpu_ratio", cpu["with"] / cpu["without"], "", as_json)


if __name__ == "__main__":
    main()
