"""The lab with MTA-STS: domains that publish policies, their policy hosts at port 443 of loopback addresses, and mail hosts that a
policy allows or doesn't.

    with StsLab(folder) as lab:
        lab.policies["enforce"]       # the policy host: .requests, .say(…), .close()
"""
import dataclasses

from lab import Domain, Host, Lab  # first: it knows where the others are
from web_host import WebHost, http


@dataclasses.dataclass
class StsDomain(Domain):
    """`expects` is what mail does that needs no protection: mta-sts | dane | unauthenticated | clear | refused."""
    zone: str = "unsigned"
    mode: str = "enforce"
    allows: tuple = ("mx.{}",)           # patterns; {} is the domain
    records: tuple = ("v=STSv1; id=1;",)
    certificate: str = "good"            # of the policy host: good | other-name | private | expired
    status: str = "200 OK"
    media_type: str = "text/plain"
    body: str = ""                       # instead of a policy
    drips: bool = False
    sts: str = "known"                   # what `postern probe` calls it
    query: str = ""                      # what mta-sts-query makes of it, in the same words, where that differs
    query_why: str = ""                  # it differs


GOOD = (Host((), "authority"),)
BEFORE = (Host((), "authority", name="mx1"), Host((), "authority", name="mx2"))
STS_DOMAINS = {
    "enforce": StsDomain(GOOD, "mta-sts"),
    "wildcard": StsDomain(GOOD, "mta-sts", allows=("*.{}",)),
    "mismatch": StsDomain(GOOD, "refused", allows=("elsewhere.example",)),
    "deep": StsDomain(GOOD, "refused", allows=("*.example", "{}")),
    "second": StsDomain(BEFORE, "mta-sts", allows=("mx2.{}",)),
    "untrusted": StsDomain((Host((), "private"),), "refused"),
    "other-name": StsDomain((Host((), "other-name"),), "refused"),
    "stripped": StsDomain((Host((), "authority", stripped=True),), "refused"),
    "no-tls": StsDomain((Host((), "none"),), "refused"),
    "testing": StsDomain((Host((), "private"),), "unauthenticated", mode="testing"),
    "testing-mismatch": StsDomain(GOOD, "unauthenticated", mode="testing", allows=("elsewhere.example",)),
    "testing-stripped": StsDomain((Host((), "authority", stripped=True),), "clear", mode="testing"),
    "mode-none": StsDomain((Host((), "none"),), "clear", mode="none", allows=()),
    "no-record": StsDomain((Host((), "none"),), "clear", records=(), sts="absent"),
    "two-records": StsDomain((Host((), "none"),), "clear", records=("v=STSv1; id=1;", "v=STSv1; id=2;"), sts="absent"),
    "redirect": StsDomain((Host((), "none"),), "clear", status="301 Moved\r\nLocation: https://{}/", sts="unfetched"),
    "gone": StsDomain((Host((), "none"),), "clear", status="404 Not Found", sts="unfetched"),
    "html": StsDomain((Host((), "none"),), "clear", media_type="text/html", sts="unfetched"),
    "broken": StsDomain((Host((), "none"),), "clear", body="version: STSv1\nmode: enforce\nmax_age: 100000\n", sts="unfetched"),
    "policy-other-name": StsDomain((Host((), "none"),), "clear", certificate="other-name", sts="unfetched"),
    "policy-private": StsDomain((Host((), "none"),), "clear", certificate="private", sts="unfetched"),
    "policy-expired": StsDomain((Host((), "none"),), "clear", certificate="expired", sts="unfetched"),
    "drip": StsDomain((Host((), "none"),), "clear", drips=True, sts="unfetched"),
    "dane": StsDomain((Host(("ee",)),), "dane", zone="good", allows=("elsewhere.example",)),
    "dane-wrong": StsDomain((Host(("ee-wrong",), "authority"),), "refused", zone="good"),
    "dane-unusable": StsDomain((Host(("malformed",), "authority"),), "mta-sts", zone="good"),
}


def policy(mode, patterns):
    return f"version: STSv1\nmode: {mode}\n" + "".join(f"mx: {pattern}\n" for pattern in patterns) + "max_age: 604800\n"


class StsLab(Lab):
    def __init__(self, folder, port=None):
        self.policies = {}
        super().__init__(folder, port, STS_DOMAINS)

    def _more_names(self):
        names = ["mta-sts." + self.full_name(name) for name in self.domains]
        pairs = {"good": self.authority.server("policies", names=names), "private": self.certificates["private"],
                 "other-name": self.authority.server("policy-other", names=["mta-sts.elsewhere.example"]),
                 "expired": self.authority.server("policy-expired", names=names, expired=True)}
        for name, domain in self.domains.items():
            full = self.full_name(name)
            self._addresses += 1
            address = f"{self.network}.{self._addresses}"
            body = domain.body or policy(domain.mode, [pattern.format(full) for pattern in domain.allows])
            reply = http(body, domain.status.format(full), domain.media_type)
            self.policies[name] = WebHost(address, pairs[domain.certificate], reply, domain.drips)
            self._add("mta-sts." + full, f"A {address}")
            for record in domain.records:
                self._add("_mta-sts." + full, f'TXT "{record}"')

    def sinks_of(self, name):
        return [sink for sink in self.sinks if ("." + sink.hostname).endswith("." + self.full_name(name))]

    def close(self):
        for host in self.policies.values():
            host.close()
        super().close()
