// Only your tenant relays: who may send, and under which conditions (Promise 3).
//
//   Candidates at MAIL (connection conditions)  →  Proven or Refused at the blank line after the headers
//
// Everything is required together: the conditions of the tenant's binding, MAIL FROM and From in its domains, and that
// the tenant relays this class of mail. The condition that failed is for our log; the peer hears none of it.
#pragma once

#include <string>
#include <vector>

#include "mail/envelope.hpp"
#include "mail/headers.hpp"
#include "policy/binding.hpp"

namespace postern::policy {

enum class Treatment { refuse, relay };

/// What a tenant declares of each class of mail beside its own.
struct Classes {
  Treatment null_sender = Treatment::relay;
  Treatment forwarded = Treatment::refuse;  // relayed only where a header identifies the tenant
  Treatment journal = Treatment::refuse;
};

struct Tenant {
  std::string name;
  std::vector<std::string> domains;  // patterns of mail::domain_matches
  Binding bind;
  Classes classes = {};
  std::vector<std::string> markers =
      {};  // header fields that only we write, for its Exchange; from outside they mean nothing
};

/// Which tenants' connection conditions (network, certificate, ca) hold.
[[nodiscard]] mail::Origin candidates(const mail::Peer& peer, const std::vector<Tenant>& tenants);

/// What is known of a message when its headers are there.
struct Submission {
  const mail::Peer& peer;
  const mail::ReversePath& from;
  const mail::HeaderView& headers;
};

/// Exactly one candidate's conditions all hold, or it is refused for what failed where the proof got furthest:
/// "mail-from", "from", "sender", "resent", a condition of policy/binding.hpp, "forwarded", "null-sender", "journal",
/// "ambiguous".
[[nodiscard]] mail::Origin prove(const mail::Candidates& candidates, const Submission& mail,
                                 const std::vector<Tenant>& tenants);

[[nodiscard]] bool owns(const Tenant& tenant, const mail::Domain& domain);

/// Header fields that are cut out of all mail before it is kept: the secrets and markers of all tenants.
[[nodiscard]] std::vector<std::string> private_fields(const std::vector<Tenant>& tenants);

}  // namespace postern::policy
