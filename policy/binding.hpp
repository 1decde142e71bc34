// What binds a connection and a message to one tenant: conditions that are required together, each known by its name in
// the log. Microsoft 365 shares its addresses, its HELO and its certificate among all its customers, so none of these
// identifies one of them (EchoSpoofing, 2024).
//
//   network          the client's address is in one of the networks
//   certificate      its certificate is trusted and for one of the names
//   ca               it chains up to the tenant's own authority, whoever else is trusted
//   originator-org   X-OriginatorOrg is one of ours
//   tenant-id        X-MS-Exchange-CrossTenant-Id is one of ours, and nothing contradicts it
//   secret           a header with a value that only the tenant's Exchange and we know
//
// A condition that is not configured is not in the list; ownership of MAIL FROM and From is always required
// (policy/tenant.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/network.hpp"
#include "base/secret.hpp"
#include "mail/envelope.hpp"
#include "mail/headers.hpp"

namespace postern::policy {

/// Two values at most, so that one can be exchanged for the next while mail is on its way. None: it never holds.
struct SecretHeader {
  std::string name;
  std::vector<Secret> values;
};

/// Those of a domain's SPF record, as they were looked up last.
struct PublishedNetworks {
  std::string domain;
  std::vector<Network> networks;  // empty: none was ever found, and nobody is in them
};

enum class BindMode {
  enforce,
  monitor,  // what Exchange must be taught first (certificate, headers) is recorded, the rest is required
};

struct Binding {
  BindMode mode = BindMode::enforce;
  std::vector<Network> networks;  // empty, and published too: not a condition; so are those below
  std::vector<PublishedNetworks> published;
  std::vector<std::string> certificates;    // names; "*.clinic.example" allowed
  std::string ca;                           // by which name net/ knows the authority (TlsFacts::vouched_by)
  std::vector<std::string> originator_org;  // domains, lower case
  std::vector<std::string> tenant_ids;      // GUIDs, lower case
  std::optional<SecretHeader> secret;
};

struct BindCondition {
  std::string_view name;
  bool held;
  bool required;  // false: its mode only records
};
using BindConditions = std::vector<BindCondition>;

[[nodiscard]] inline bool names_networks(const Binding& bind) {
  return !bind.networks.empty() || !bind.published.empty();
}

/// What can be judged of a connection before anything is said on it, and what a header section claims. Every condition
/// of the binding is in one of the two.
[[nodiscard]] BindConditions connection_conditions(const Binding& bind, const mail::Peer& peer);
[[nodiscard]] BindConditions header_conditions(const Binding& bind, const mail::HeaderView& headers);

/// Does a header of this message say which tenant it is, and that it is this one? (The secret does not count.)
[[nodiscard]] bool identified(const Binding& bind, const mail::HeaderView& headers);

/// The first that is required and does not hold.
[[nodiscard]] std::optional<std::string_view> first_failure(const BindConditions& conditions);

/// For the log: "network", "secret (failed, monitor)".
[[nodiscard]] std::vector<std::string> names_of(const BindConditions& conditions);

}  // namespace postern::policy
