#include "policy/tenant.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

namespace postern::policy {
namespace {

using Octets16 = std::array<std::uint8_t, 16>;

struct Parsed {
  Octets16 octets{};
  bool v4 = false;
};

std::optional<Parsed> parse_address(const std::string& text) {
  Parsed parsed;
  if (inet_pton(AF_INET6, text.c_str(), parsed.octets.data()) == 1) {
    static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    parsed.v4 = std::memcmp(parsed.octets.data(), mapped, sizeof mapped) == 0;
    return parsed;
  }
  parsed.octets[10] = parsed.octets[11] = 0xff;
  if (inet_pton(AF_INET, text.c_str(), parsed.octets.data() + 12) != 1) return std::nullopt;
  parsed.v4 = true;
  return parsed;
}

bool bit(const Octets16& octets, unsigned index) {
  return (octets[index / 8] >> (7 - index % 8) & 1) != 0;
}

bool certificate_is_one_of(const mail::Peer& peer, const std::vector<std::string>& patterns) {
  return peer.tls.chain_valid && std::ranges::any_of(patterns, [&](const std::string& pattern) {
           return std::ranges::any_of(
               peer.tls.names, [&](const std::string& name) { return mail::certificate_name_matches(pattern, name); });
         });
}

/// The name of the condition that fails, or nothing.
std::optional<std::string> failed_condition(const mail::Peer& peer, const Binding& bind) {
  const auto contains = [&](const Network& network) { return network.contains(peer.address); };
  if (!bind.networks.empty() && std::ranges::none_of(bind.networks, contains)) return "network";
  if (!bind.certificates.empty() && !certificate_is_one_of(peer, bind.certificates)) return "certificate";
  if (bind.networks.empty() && bind.certificates.empty()) return "network";  // no condition is never all conditions
  return std::nullopt;
}

std::vector<std::string> conditions_of(const Binding& bind) {
  std::vector<std::string> names;
  if (!bind.networks.empty()) names.emplace_back("network");
  if (!bind.certificates.empty()) names.emplace_back("certificate");
  return names;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(std::string(text.substr(0, slash)));
  if (!address)
    return fail(Errc::invalid, "'" + std::string(text) + "' is no network: 192.0.2.0/24 or 2001:db8::/32 is expected");
  const unsigned most = address->v4 ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || parsed.ptr != digits.data() + digits.size() || bits > most) {
      return fail(Errc::invalid,
                  "'" + std::string(text) + "': a prefix length from 0 to " + std::to_string(most) + " is expected");
    }
  }
  Network network;
  network.prefix_ = address->octets;
  network.bits_ = bits + (address->v4 ? 96 : 0);
  for (unsigned i = network.bits_; i < 128; ++i) {
    if (bit(network.prefix_, i))
      return fail(Errc::invalid, "'" + std::string(text) + "' has bits set behind its prefix");
  }
  return network;
}

bool Network::contains(std::string_view address) const {
  const auto parsed = parse_address(std::string(address));
  if (!parsed) return false;
  for (unsigned i = 0; i < bits_; ++i) {
    if (bit(parsed->octets, i) != bit(prefix_, i)) return false;
  }
  return true;
}

bool owns(const Tenant& tenant, const mail::Domain& domain) {
  return std::ranges::any_of(tenant.domains,
                             [&](const std::string& pattern) { return mail::domain_matches(pattern, domain); });
}

mail::Origin candidates(const mail::Peer& peer, const std::vector<Tenant>& tenants) {
  mail::Candidates found;
  std::string condition = "network";
  for (const Tenant& tenant : tenants) {
    const auto failed = failed_condition(peer, tenant.bind);
    if (!failed) found.tenants.push_back(tenant.name);
    if (failed && *failed == "certificate") condition = *failed;  // it got furthest: the more useful word for our log
  }
  if (found.tenants.empty()) return mail::Refused{condition};
  return found;
}

mail::Origin prove(const mail::Candidates& candidates, const mail::ReversePath& from,
                   const Result<mail::Address>& header_from, const std::vector<Tenant>& tenants) {
  if (!header_from) return mail::Refused{"from"};
  const Tenant* owner = nullptr;
  bool owns_envelope = false;
  for (const Tenant& tenant : tenants) {
    if (std::ranges::find(candidates.tenants, tenant.name) == candidates.tenants.end()) continue;
    const bool envelope = !from || owns(tenant, from->domain());
    owns_envelope = owns_envelope || envelope;
    if (!envelope || !owns(tenant, header_from->domain())) continue;
    if (owner != nullptr) return mail::Refused{"ambiguous"};
    owner = &tenant;
  }
  if (owner == nullptr) return mail::Refused{owns_envelope ? "from" : "mail-from"};
  mail::Proven proven{owner->name, conditions_of(owner->bind)};
  if (from) proven.conditions.emplace_back("mail-from");
  proven.conditions.emplace_back("from");
  return proven;
}

}  // namespace postern::policy
