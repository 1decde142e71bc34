#include "gateway/recipients.hpp"

#include "policy/delivery.hpp"

namespace postern::gateway {
namespace {

spool::RecipientState first_state(const Config& config, const mail::Verdict& verdict, Time now) {
  if (verdict.action == mail::Action::quarantine) {
    return spool::Held{mail::HoldReason::quarantine, verdict.releasers, now + config.hold_expire, false};
  }
  return spool::Queued{now};  // a refused recipient of mixed mail too: its ladder is the bounce
}

/// A tenant's own people: what is for them goes home, and waits in no portal.
bool goes_home(const Config& config, const std::string& tenant, const mail::Address& recipient) {
  const TenantConfig* sender = config.tenant(tenant);
  return sender != nullptr && policy::owns(sender->tenant, recipient.domain());
}

policy::DeliverySettings settings_for(const Config& config, const std::string& tenant, const mail::Address& recipient) {
  policy::DeliverySettings settings = config.settings_for(tenant, recipient);
  if (goes_home(config, tenant, recipient)) settings.methods = {mail::Method::tls};
  return settings;
}

void add_key(mail::Capabilities& capabilities, const mail::Address& recipient, const char* what, Time now) {
  capabilities.evidence.emplace_back(
      mail::ConfiguredEvidence{"key store", std::string(what) + " of " + recipient.str(), now});
}

/// Where nobody knows yet, the rung is there: its turn decides.
bool may_be_found(const Config& config, const std::string& tenant, const mail::Address& recipient, mail::Method method,
                  Time now, std::vector<mail::Evidence>& evidence) {
  std::string asked;
  for (const discovery::KeyOrigin origin : config.seal_settings_for(tenant, recipient, method).sources)
    asked += (asked.empty() ? "" : ", ") + std::string(discovery::format_key_origin(origin));
  if (asked.empty()) return false;
  evidence.emplace_back(mail::ConfiguredEvidence{"key_sources for " + recipient.str(), asked, now});
  return true;
}

}  // namespace

mail::Capabilities known_capabilities(const Known& known, const std::string& tenant, const mail::Address& recipient,
                                      Time now) {
  mail::Capabilities capabilities;
  if (known.keys) {
    const crypto::KeyKinds kinds = known.keys->kinds(recipient, now);
    capabilities.smime = kinds.certificate;
    capabilities.openpgp = kinds.openpgp;
    if (kinds.certificate) add_key(capabilities, recipient, "certificate", now);
    if (kinds.openpgp) add_key(capabilities, recipient, "OpenPGP key", now);
  }
  capabilities.smime |= may_be_found(known.config, tenant, recipient, mail::Method::smime, now, capabilities.evidence);
  capabilities.openpgp |=
      may_be_found(known.config, tenant, recipient, mail::Method::openpgp, now, capabilities.evidence);
  const TenantConfig* sender = known.config.tenant(tenant);
  if (sender == nullptr) return capabilities;
  const bool home = goes_home(known.config, tenant, recipient);
  capabilities.hop = home ? sender->way_home() : sender->route;
  capabilities.portal = sender->portal.has_value() && !home;
  if (const auto* relay = std::get_if<mail::Relay>(&capabilities.hop)) {
    capabilities.evidence.emplace_back(mail::ConfiguredEvidence{"route of tenant " + tenant, relay->host, now});
  }
  return capabilities;
}

spool::RecipientRecord judged_record(const Known& known, const std::string& tenant, bool requiretls,
                                     std::uint32_t index, const mail::Address& address, mail::Verdict verdict,
                                     Time now) {
  spool::RecipientRecord record;
  record.index = index;
  record.address = address;
  record.ladder = policy::ladder(verdict, known_capabilities(known, tenant, address, now),
                                 settings_for(known.config, tenant, address));
  if (requiretls) record.ladder = policy::with_requiretls(std::move(record.ladder));
  record.state = first_state(known.config, verdict, now);
  record.verdict = std::move(verdict);
  return record;
}

spool::RecipientRecord unjudged_record(std::uint32_t index, const mail::Address& address) {
  spool::RecipientRecord record;
  record.index = index;
  record.address = address;
  record.state = spool::Unjudged{};
  return record;
}

spool::RecipientRecord released_record(const Known& known, const std::string& tenant, bool requiretls,
                                       spool::RecipientRecord held, Time now) {
  mail::Verdict verdict = held.verdict;
  verdict.action = mail::Action::protect;
  spool::RecipientRecord record =
      judged_record(known, tenant, requiretls, held.index, held.address, std::move(verdict), now);
  record.attempts = held.attempts;
  record.may_be_duplicate = held.may_be_duplicate;
  record.delay_told = held.delay_told;
  return record;
}

}  // namespace postern::gateway
