#include "discovery/dane.hpp"

#include "net/tls.hpp"

namespace postern::discovery {
namespace {

bool readable(const mail::TlsaRecord& record) {
  return mail::has_usable_form(record) &&
         net::reads_tlsa({record.usage, record.selector, record.matching, record.data});
}

mail::Dane absent(std::string reason) {
  mail::Dane dane;
  dane.reason = std::move(reason);
  return dane;
}

}  // namespace

DaneHost dane_host(const MxHost& host, const MxHosts& of, const std::string& domain, std::uint16_t port) {
  DaneHost asked{host.name, host.canonical, host.status, of.secure, {domain}, port};
  if (!of.canonical.empty()) asked.domains.insert(of.canonical);
  return asked;
}

std::string tlsa_name(const std::string& base, std::uint16_t port) {
  return "_" + std::to_string(port) + "._tcp." + base;
}

BaseDomains base_domains(const DaneHost& host, std::optional<DnsStatus> alias) {
  // RFC 7672 §2.2.1: a host that unsigned MX records name is an attacker's choice, and so would be its records.
  if (!host.name_secure) return {{}, "the MX records are not DNSSEC-validated", false};
  const bool is_alias = !host.canonical.empty() && host.canonical != host.name;
  switch (host.addresses) {
    case DnsStatus::secure:
      // RFC 7672 §2.2.3: the end of a secure chain of aliases first, then the name itself.
      if (is_alias) return {{host.canonical, host.name}, {}, false};
      return {{host.name}, {}, false};
    case DnsStatus::insecure: break;
    case DnsStatus::bogus:
    case DnsStatus::failed: return {{}, "its addresses could not be looked up", false};
  }
  // RFC 7672 §2.2.2: without secure addresses its zone is not signed, and some servers cannot even answer for TLSA. Not
  // so where only the target of an alias is unsigned.
  const std::string reason = "the addresses of the host are not DNSSEC-validated";
  if (!is_alias) return {{}, reason, false};
  if (!alias) return {{}, reason, true};
  if (*alias == DnsStatus::secure) return {{host.name}, {}, false};
  return {{}, reason, false};
}

mail::Dane judge_tlsa(const DaneHost& host, const std::string& base, const DnsAnswer& answer) {
  const std::string asked = "TLSA " + tlsa_name(base, host.port);
  mail::Dane dane;
  switch (answer.status) {
    case DnsStatus::failed:
    case DnsStatus::bogus:  // RFC 7672 §2.1.2: an attacker can cause it, so the host is not used
      dane.state = mail::DaneState::failed;
      dane.reason = "the look-up of " + asked + " failed: " + answer.reason;
      return dane;
    case DnsStatus::insecure: return absent(asked + " is not DNSSEC-validated");
    case DnsStatus::secure: break;
  }
  if (answer.records.empty()) return absent(asked + " does not exist");
  for (const DnsRecord& record : answer.records) {
    const auto parsed = mail::parse_tlsa(record.value);
    if (parsed && readable(*parsed)) dane.records.insert(*parsed);
  }
  dane.base = base;
  if (dane.records.empty()) {  // RFC 7672 §2.2: the host does TLS, and says so in a way that SMTP cannot check
    dane.state = mail::DaneState::unusable;
    dane.reason = "no record of " + asked + " can be matched";
    return dane;
  }
  dane.state = mail::DaneState::usable;
  dane.names = host.domains;
  return dane;
}

net::awaitable<mail::HostSecurity> find_dane(Resolver& resolver, DaneHost host) {
  mail::HostSecurity found;
  found.host = host.name;
  found.name_secure = host.name_secure;
  BaseDomains bases = base_domains(host);
  if (bases.ask_alias) {
    const DnsAnswer alias = co_await resolver.resolve(host.name, RecordType::cname);
    found.evidence.emplace_back(evidence_of(host.name, RecordType::cname, alias));
    if (!alias.answered()) {
      found.dane.state = mail::DaneState::failed;
      found.dane.reason = "the look-up of CNAME " + host.name + " failed: " + alias.reason;
      co_return found;
    }
    bases = base_domains(host, alias.status);
  }
  found.dane.reason = bases.reason;
  for (const std::string& base : bases.names) {
    const std::string name = tlsa_name(base, host.port);
    const DnsAnswer answer = co_await resolver.resolve(name, RecordType::tlsa);
    found.evidence.emplace_back(evidence_of(name, RecordType::tlsa, answer));
    found.dane = judge_tlsa(host, base, answer);
    if (found.dane.state != mail::DaneState::absent) break;
  }
  co_return found;
}

}  // namespace postern::discovery
