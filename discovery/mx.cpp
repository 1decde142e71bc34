#include "discovery/mx.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include <arpa/inet.h>

#include "base/ascii.hpp"

namespace postern::discovery {
namespace {

constexpr std::size_t most_hosts = 20;  // a domain with more would cost every message that long a walk

struct Candidate {
  std::string name;
  std::uint16_t preference = 0;
  std::uint64_t lot = 0;  // drawn: the order among equals
};

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> scratch{};
  return inet_pton(AF_INET, text.c_str(), scratch.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), scratch.data()) == 1;
}

std::string lower_name(std::string name) {
  name = lowered(name);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

bool is_ours(const std::string& name, const std::vector<std::string>& our_names) {
  return std::any_of(our_names.begin(), our_names.end(),
                     [&](const std::string& ours) { return lower_name(ours) == name; });
}

void shuffle(std::span<std::string> items, Random& random) {
  for (std::size_t n = items.size(); n > 1; --n)
    std::swap(items[n - 1], items[random.below(n)]);
}

/// RFC 5321 §5.1: equal preferences in random order, and nothing from our own preference on.
std::vector<Candidate> in_order(const std::vector<DnsRecord>& records, const std::vector<std::string>& our_names,
                                Random& random) {
  std::vector<Candidate> hosts;
  unsigned ours = 65'536;
  for (const DnsRecord& record : records) {
    if (record.value.empty()) continue;  // RFC 7505 §3: "." beside real hosts is no host
    if (is_ours(record.value, our_names)) ours = std::min<unsigned>(ours, record.preference);
    hosts.push_back({record.value, record.preference, 0});
  }
  std::erase_if(hosts, [&](const Candidate& host) { return host.preference >= ours; });
  for (Candidate& host : hosts)
    host.lot = random.below(UINT64_MAX);
  std::sort(hosts.begin(), hosts.end(), [](const Candidate& a, const Candidate& b) {
    return a.preference != b.preference ? a.preference < b.preference : a.lot < b.lot;
  });
  std::vector<Candidate> distinct;
  for (Candidate& host : hosts) {
    const bool known =
        std::any_of(distinct.begin(), distinct.end(), [&](const Candidate& d) { return d.name == host.name; });
    if (!known && distinct.size() < most_hosts) distinct.push_back(std::move(host));
  }
  return distinct;
}

/// IPv6 first, each family shuffled.
net::awaitable<MxHost> add_addresses(Resolver& resolver, Candidate candidate, Random& random) {
  MxHost host;
  host.name = candidate.name;
  host.preference = candidate.preference;
  if (is_address(candidate.name)) {  // RFC 5321 §2.3.5: an MX names a host
    host.failure = "the MX record holds an address, not a name";
    co_return host;
  }
  std::optional<DnsStatus> weakest;
  for (const RecordType type : {RecordType::aaaa, RecordType::a}) {
    const DnsAnswer answer = co_await resolver.resolve(candidate.name, type);
    host.evidence.emplace_back(evidence_of(candidate.name, type, answer));
    if (!answer.answered()) {
      host.unanswered = true;
      host.failure = "the look-up of its address failed: " + answer.reason;
      continue;
    }
    weakest = std::min(weakest.value_or(answer.status), answer.status);
    host.canonical = answer.canonical;
    const auto before = host.addresses.size();
    for (const DnsRecord& record : answer.records)
      host.addresses.push_back(record.value);
    shuffle(std::span(host.addresses).subspan(before), random);
  }
  host.status = weakest.value_or(DnsStatus::failed);
  if (!host.addresses.empty()) {
    host.failure.clear();
  } else if (host.failure.empty()) {
    host.failure = "it has no address";
  }
  co_return host;
}

/// Takes away what `egress` forbids. One line of evidence, however many they are.
void keep_allowed(MxHost& host, const net::EgressPolicy& egress) {
  std::vector<std::string> forbidden;
  std::erase_if(host.addresses, [&](const std::string& address) {
    if (egress.allows(address)) return false;
    forbidden.push_back(address);
    return true;
  });
  if (forbidden.empty()) return;
  const std::string others =
      forbidden.size() > 1 ? ", nor " + std::to_string(forbidden.size() - 1) + " more of its addresses" : "";
  const Time at = host.evidence.empty() ? Time{} : std::visit([](const auto& one) { return one.at; }, host.evidence[0]);
  host.evidence.emplace_back(mail::ConfiguredEvidence{
      "discovery.egress", "does not list " + forbidden[0] + " of " + host.name + ", which is not public" + others, at});
  if (host.addresses.empty()) {
    host.failure = "its address " + forbidden[0] + " is not public, and discovery.egress does not list it";
  }
}

/// "[192.0.2.1]" or "[ipv6:2001:db8::1]" (RFC 5321 §4.1.3).
MxHosts literal_host(const std::string& literal) {
  constexpr std::string_view tag = "ipv6:";
  std::string address = lower_name(literal.substr(1, literal.size() - 2));
  if (address.starts_with(tag)) address.erase(0, tag.size());
  MxHost host;
  host.name = literal;
  if (is_address(address)) {
    host.addresses.push_back(std::move(address));
  } else {
    host.failure = "the address literal is of an unknown kind";
  }
  MxHosts hosts;
  hosts.hosts.push_back(std::move(host));
  hosts.implicit = true;
  return hosts;
}

/// No MX record: the domain's own address (RFC 5321 §5.1).
net::awaitable<MxAnswer> implicit_mx(Resolver& resolver, std::string name, MxHosts hosts, Random& random) {
  MxHost only = co_await add_addresses(resolver, {name, 0, 0}, random);
  if (only.addresses.empty()) {
    std::ranges::move(only.evidence, std::back_inserter(hosts.evidence));
    if (only.unanswered) co_return LookupFailed{only.failure, std::move(hosts.evidence)};
    co_return NoSuchDomain{std::move(hosts.evidence)};
  }
  hosts.implicit = true;
  hosts.hosts.push_back(std::move(only));
  co_return hosts;
}

/// Before anybody asks what may be connected to.
net::awaitable<MxAnswer> find_named(Resolver& resolver, mail::Domain domain, std::vector<std::string> our_names,
                                    Random& random) {
  const std::string name = domain.str();
  if (domain.is_literal()) {
    if (is_ours(name, our_names)) co_return LoopsBack{};
    co_return literal_host(name);
  }
  const DnsAnswer answer = co_await resolver.resolve(name, RecordType::mx);
  MxHosts hosts;
  hosts.secure = answer.status == DnsStatus::secure;
  hosts.canonical = answer.canonical;
  hosts.evidence.emplace_back(evidence_of(name, RecordType::mx, answer));
  if (!answer.answered()) co_return LookupFailed{"the MX look-up failed: " + answer.reason, std::move(hosts.evidence)};
  if (!answer.name_exists) co_return NoSuchDomain{std::move(hosts.evidence)};
  if (answer.records.empty()) {
    if (is_ours(name, our_names)) co_return LoopsBack{std::move(hosts.evidence)};
    co_return co_await implicit_mx(resolver, name, std::move(hosts), random);
  }
  const bool only_root = std::all_of(answer.records.begin(), answer.records.end(),
                                     [](const DnsRecord& record) { return record.value.empty(); });
  if (only_root) co_return NullMx{std::move(hosts.evidence)};  // RFC 7505 §3

  for (Candidate& candidate : in_order(answer.records, our_names, random)) {
    MxHost next = co_await add_addresses(resolver, std::move(candidate), random);
    hosts.hosts.push_back(std::move(next));
  }
  if (hosts.hosts.empty()) co_return LoopsBack{std::move(hosts.evidence)};
  co_return hosts;
}

}  // namespace

MxAnswer within(MxHosts found, const net::EgressPolicy& egress) {
  std::string why;
  bool perhaps = false;  // somebody can be connected to, or nobody knows
  std::vector<MxHost> left;
  for (MxHost& host : found.hosts) {
    const bool had_some = !host.addresses.empty();
    keep_allowed(host, egress);
    perhaps |= !host.addresses.empty() || host.unanswered;
    if (had_some && host.addresses.empty() && !host.unanswered) {
      if (why.empty()) why = host.name + ": " + host.failure;
      found.evidence.insert(found.evidence.end(), host.evidence.begin(), host.evidence.end());
      found.off_limits.push_back(std::move(host));
    } else {
      left.push_back(std::move(host));
    }
  }
  if (!perhaps && !why.empty()) return AllOffLimits{std::move(why), std::move(found.evidence)};
  found.hosts = std::move(left);
  return found;
}

net::awaitable<MxAnswer> find_mx(Resolver& resolver, mail::Domain domain, std::vector<std::string> our_names,
                                 net::EgressPolicy egress, Random& random) {
  MxAnswer named = co_await find_named(resolver, std::move(domain), std::move(our_names), random);
  if (auto* hosts = std::get_if<MxHosts>(&named)) co_return within(std::move(*hosts), egress);
  co_return named;
}

net::awaitable<MxHost> find_host(Resolver& resolver, std::string name, Random& random) {
  if (is_address(name)) {
    MxHost host;
    host.name = name;
    host.addresses = {std::move(name)};
    co_return host;
  }
  MxHost found = co_await add_addresses(resolver, {lower_name(std::move(name)), 0, 0}, random);
  co_return found;
}

}  // namespace postern::discovery
