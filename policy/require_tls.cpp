#include "policy/delivery.hpp"

namespace postern::policy {
namespace {

/// RFC 7672 §2.2: what the host's own records demand of whoever delivers to it.
mail::TlsRequirement demanded_by(const mail::Dane& dane) {
  switch (dane.state) {
    case mail::DaneState::absent: return {};
    case mail::DaneState::failed: return mail::TlsRequirement::invalid();  // §2.1.2: not to be delivered to
    case mail::DaneState::unusable: return mail::TlsRequirement::at(mail::TlsLevel::encrypted);
    case mail::DaneState::usable: break;
  }
  mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::dane);
  requirement.tlsa = dane.records;
  requirement.tlsa_base = dane.base;
  requirement.tlsa_names = dane.names;
  requirement.promised = true;
  return requirement;
}

/// Where no names were given: whom the certificate must name at this level.
std::set<std::string> names_for(const mail::TlsRequirement& requirement, const mail::Hop& hop, const std::string& host,
                                const mail::Domain& recipient_domain) {
  if (!requirement.tlsa.empty()) return {};  // DANE has its own
  switch (requirement.level) {
    case mail::TlsLevel::none:
    case mail::TlsLevel::opportunistic:
    case mail::TlsLevel::encrypted: return {};
    case mail::TlsLevel::verified: return {host};
    case mail::TlsLevel::secure:
    case mail::TlsLevel::mta_sts:
    case mail::TlsLevel::dane: break;
  }
  // MX records from unsigned DNS are an attacker's choice; a relay's name is the administrator's.
  return {std::holds_alternative<mail::Relay>(hop) ? host : recipient_domain.str()};
}

}  // namespace

mail::TlsRequirement require_tls(const mail::Route& route, const mail::HostSecurity& security,
                                 const mail::Domain& recipient_domain, const mail::TlsRequirement& host_floor) {
  const auto* relay = std::get_if<mail::TlsRelay>(&route);
  if (relay == nullptr) return mail::TlsRequirement::invalid();
  mail::TlsRequirement requirement = mail::meet(mail::meet(relay->floor, host_floor), demanded_by(security.dane));
  if (requirement.valid && requirement.names.empty()) {
    requirement.names = names_for(requirement, relay->hop, security.host, recipient_domain);
  }
  return requirement;
}

}  // namespace postern::policy
