#include "policy/delivery.hpp"

namespace postern::policy {

mail::TlsRequirement require_tls(const mail::Route& route, const std::string& host,
                                 const mail::Domain& recipient_domain) {
  const auto* relay = std::get_if<mail::TlsRelay>(&route);
  if (relay == nullptr) return mail::TlsRequirement::invalid();
  mail::TlsRequirement requirement = relay->floor;
  if (!requirement.names.empty()) return requirement;  // names that policy gave count alone
  switch (requirement.level) {
    case mail::TlsLevel::none:
    case mail::TlsLevel::opportunistic:
    case mail::TlsLevel::encrypted: break;
    case mail::TlsLevel::verified: requirement.names = {host}; break;
    case mail::TlsLevel::secure:
    case mail::TlsLevel::mta_sts:
    case mail::TlsLevel::dane:
      // MX records from unsigned DNS are an attacker's choice; a relay's name is the administrator's.
      requirement.names = {std::holds_alternative<mail::Relay>(relay->hop) ? host : recipient_domain.str()};
      break;
  }
  return requirement;
}

}  // namespace postern::policy
