// Where does mail for a domain go? RFC 5321 §5.1, null MX by RFC 7505.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "discovery/dns.hpp"
#include "mail/address.hpp"
#include "mail/evidence.hpp"
#include "net/egress.hpp"

namespace postern::discovery {

struct MxHost {
  std::string name;  // "mx1.lab.example"
  std::uint16_t preference = 0;
  std::vector<std::string> addresses;  // IPv6 and IPv4, in the order to try; may be empty: `failure` says why
  std::string failure;
  bool unanswered = false;  // a look-up of its addresses failed: that there are none, or no others, is not proven
  DnsStatus status = DnsStatus::failed;  // of the addresses: the weaker of the two look-ups that were answered
  std::string canonical;                 // where they are, CNAMEs followed; `name` without any
  std::vector<mail::Evidence> evidence;  // of the two look-ups
};

struct MxHosts {  // in the order to try: by preference, shuffled within one
  std::vector<MxHost> hosts;
  std::vector<MxHost> off_limits;        // hosts that were named too, and nobody may connect to: `failure` says why
  bool implicit = false;                 // no MX: the domain's own address
  bool secure = false;                   // the MX RRset, or that there is none, was DNSSEC-validated
  std::string canonical;                 // where the MX records are, CNAMEs followed
  std::vector<mail::Evidence> evidence;  // of the MX look-up; the hosts have their own
};
struct NullMx {  // 5.1.10: the domain takes no mail
  std::vector<mail::Evidence> evidence;
};
struct NoSuchDomain {  // 5.1.2
  std::vector<mail::Evidence> evidence;
};
struct LoopsBack {  // 5.4.6: we are the best MX
  std::vector<mail::Evidence> evidence;
};
struct AllOffLimits {  // no host of the domain has an address that may be connected to
  std::string reason;
  std::vector<mail::Evidence> evidence;
};
struct LookupFailed {  // try later
  std::string reason;
  std::vector<mail::Evidence> evidence;
};

using MxAnswer = std::variant<MxHosts, NullMx, NoSuchDomain, LoopsBack, AllOffLimits, LookupFailed>;

/// Whoever writes a domain's zone chooses the addresses: only those that `egress` allows are left. Pure.
[[nodiscard]] MxAnswer within(MxHosts found, const net::EgressPolicy& egress);

/// `our_names` are host names that mean us; hosts from the first of them on are cut off (RFC 5321 §5.1).
/// An address literal gives one host.
net::awaitable<MxAnswer> find_mx(Resolver& resolver, mail::Domain domain, std::vector<std::string> our_names,
                                 net::EgressPolicy egress, Random& random);

/// The addresses of one named host, whatever they are; a literal address gives itself.
net::awaitable<MxHost> find_host(Resolver& resolver, std::string name, Random& random);

}  // namespace postern::discovery
