// Only your tenant relays: who may send, and under which conditions (Promise 3).
//
//   Candidates at RCPT (connection conditions)  →  Proven or Refused at the blank line after the headers
//
// Every condition present in a tenant's binding must hold; their names are what logs and replies speak of.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "mail/envelope.hpp"
#include "mail/headers.hpp"

namespace postern::policy {

/// 192.0.2.0/24, 2001:db8::/32 or a single address.
class Network {
 public:
  [[nodiscard]] static Result<Network> parse(std::string_view text);
  [[nodiscard]] bool contains(std::string_view address) const;  // false for what is no address
  bool operator==(const Network&) const = default;

 private:
  std::array<std::uint8_t, 16> prefix_{};  // IPv4 as ::ffff:a.b.c.d
  unsigned bits_ = 0;
};

struct Binding {
  std::vector<Network> networks;          // empty: not a condition
  std::vector<std::string> certificates;  // client certificate names; "*.clinic.example" allowed
};

struct Tenant {
  std::string name;
  std::vector<std::string> domains;  // patterns of mail::domain_matches
  Binding bind;
};

/// Which tenants' connection conditions (network, certificate) hold.
[[nodiscard]] mail::Origin candidates(const mail::Peer& peer, const std::vector<Tenant>& tenants);

/// With the envelope and the headers: exactly one candidate owns both domains, or it is refused. `header_from` is the
/// result of mail::parse_from; an error there is the condition "from". A null reverse-path is proven by From alone.
[[nodiscard]] mail::Origin prove(const mail::Candidates& candidates, const mail::ReversePath& from,
                                 const Result<mail::Address>& header_from, const std::vector<Tenant>& tenants);

[[nodiscard]] bool owns(const Tenant& tenant, const mail::Domain& domain);

}  // namespace postern::policy
