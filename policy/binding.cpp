#include "policy/binding.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "mail/claims.hpp"

namespace postern::policy {
namespace {

constexpr std::string_view network = "network", certificate = "certificate", ca = "ca",
                           originator_org = "originator-org", tenant_id = "tenant-id", secret = "secret";

bool network_holds(const Binding& bind, const mail::Peer& peer) {
  const auto holds_it = [&](const Network& one) { return one.contains(peer.address); };
  return std::ranges::any_of(bind.networks, holds_it) ||
         std::ranges::any_of(bind.published, [&](const PublishedNetworks& published) {
           return std::ranges::any_of(published.networks, holds_it);
         });
}

/// Of the tenant's own authority alone: that the listener trusts the chain, too, does not count.
bool ca_holds(const Binding& bind, const mail::Peer& peer) {
  return peer.tls.vouched_by.contains(bind.ca);
}

bool certificate_holds(const Binding& bind, const mail::Peer& peer) {
  const bool trusted = peer.tls.chain_valid || (!bind.ca.empty() && ca_holds(bind, peer));
  if (!trusted) return false;
  return std::ranges::any_of(bind.certificates, [&](const std::string& pattern) {
    return std::ranges::any_of(peer.tls.names,
                               [&](const std::string& name) { return mail::certificate_name_matches(pattern, name); });
  });
}

bool is_one_of(const mail::Claim& claim, const std::vector<std::string>& ours) {
  return claim.usable() && std::ranges::find(ours, lowered(claim.value)) != ours.end();
}

bool originator_org_holds(const Binding& bind, const mail::HeaderView& headers) {
  return is_one_of(mail::claim_of(headers, "X-OriginatorOrg"), bind.originator_org);
}

bool tenant_id_holds(const Binding& bind, const mail::HeaderView& headers) {
  return is_one_of(mail::tenant_id_of(headers), bind.tenant_ids);
}

/// All values are compared whatever the first says: the time tells nothing of which fits, or how far.
bool secret_holds(const SecretHeader& header, const mail::HeaderView& headers) {
  const mail::Claim claim = mail::claim_of(headers, header.name);
  bool held = false;
  for (const Secret& value : header.values)
    held = (!value.empty() && equal_in_constant_time(claim.value, value.text())) || held;
  return held && claim.usable();
}

}  // namespace

BindConditions connection_conditions(const Binding& bind, const mail::Peer& peer) {
  BindConditions all;
  const bool enforced = bind.mode == BindMode::enforce;
  const bool by_network = names_networks(bind);
  if (by_network) all.push_back({network, network_holds(bind, peer), true});
  // Monitored, one of the two is required still: nobody's connection is no connection's condition.
  if (!bind.certificates.empty()) all.push_back({certificate, certificate_holds(bind, peer), enforced || !by_network});
  if (!bind.ca.empty()) all.push_back({ca, ca_holds(bind, peer), enforced || !by_network});
  return all;
}

BindConditions header_conditions(const Binding& bind, const mail::HeaderView& headers) {
  BindConditions all;
  const bool enforced = bind.mode == BindMode::enforce;
  if (!bind.originator_org.empty()) all.push_back({originator_org, originator_org_holds(bind, headers), enforced});
  if (!bind.tenant_ids.empty()) all.push_back({tenant_id, tenant_id_holds(bind, headers), enforced});
  if (bind.secret) all.push_back({secret, secret_holds(*bind.secret, headers), enforced});
  return all;
}

bool identified(const Binding& bind, const mail::HeaderView& headers) {
  const bool has_either = !bind.originator_org.empty() || !bind.tenant_ids.empty();
  return has_either && (bind.originator_org.empty() || originator_org_holds(bind, headers)) &&
         (bind.tenant_ids.empty() || tenant_id_holds(bind, headers));
}

std::optional<std::string_view> first_failure(const BindConditions& conditions) {
  const auto failed =
      std::ranges::find_if(conditions, [](const BindCondition& one) { return one.required && !one.held; });
  if (failed == conditions.end()) return std::nullopt;
  return failed->name;
}

std::vector<std::string> names_of(const BindConditions& conditions) {
  std::vector<std::string> names;
  for (const BindCondition& one : conditions)
    names.push_back(std::string(one.name).append(one.held ? "" : mail::failed_monitored));
  return names;
}

}  // namespace postern::policy
