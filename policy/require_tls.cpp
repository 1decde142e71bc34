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

/// RFC 8461 §2: DANE outranks MTA-STS. Records that match leave nothing to ask, and where they do not match no policy
/// makes up for it.
bool outranked(const mail::Dane& dane) {
  return dane.state == mail::DaneState::usable || dane.state == mail::DaneState::failed;
}

/// RFC 8461 §5: what a policy demands of whoever delivers to one of the domain's hosts.
mail::TlsRequirement demanded_by_policy(const mail::StsPolicy& policy, const std::string& host) {
  if (!mail::sts_allows(policy, host)) return mail::TlsRequirement::invalid();  // §4.1: no pattern names it
  mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::mta_sts);
  requirement.sts_host = host;
  requirement.promised = true;
  return requirement;
}

mail::TlsRequirement demanded_by(const mail::Sts& sts, const mail::HostSecurity& host) {
  if (outranked(host.dane)) return {};
  switch (sts.state) {
    case mail::StsState::absent:
    case mail::StsState::unfetched: return {};                            // §3.3
    case mail::StsState::failed: return mail::TlsRequirement::invalid();  // it is not known to be absent
    case mail::StsState::known: break;
  }
  return sts.enforced() ? demanded_by_policy(sts.policy, host.host) : mail::TlsRequirement{};
}

bool goes_to_the_domain(const mail::Hop& hop) {
  return std::holds_alternative<mail::FinalMx>(hop);
}

/// RFC 8689 §4.2.1: who serves the domain is known by DNSSEC or MTA-STS, or its administrator said so. Where it is not,
/// the MX name is an attacker's choice: then the certificate must be for the recipient's domain itself, which no forged
/// MX record helps to get.
mail::TlsRequirement demanded_by_requiretls(const mail::Hop& hop, const mail::DomainSecurity& domain,
                                            const mail::HostSecurity& security) {
  const bool named = !goes_to_the_domain(hop) || security.name_secure ||
                     security.dane.state == mail::DaneState::usable ||
                     (domain.sts.enforced() && mail::sts_allows(domain.sts.policy, security.host));
  mail::TlsRequirement requirement =
      mail::TlsRequirement::at(named ? mail::TlsLevel::verified : mail::TlsLevel::secure);
  requirement.requiretls = true;
  return requirement;
}

/// Where no names were given: whom the certificate must name at this level.
std::set<std::string> names_for(const mail::TlsRequirement& requirement, const mail::Hop& hop, const std::string& host,
                                const mail::Domain& recipient_domain) {
  if (!requirement.tlsa.empty()) return {};  // DANE has its own
  if (!requirement.sts_host.empty()) return {requirement.sts_host};
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

mail::TlsRequirement require_tls(const mail::Route& route, const mail::DomainSecurity& domain,
                                 const mail::HostSecurity& security, const mail::Domain& recipient_domain,
                                 const mail::TlsRequirement& host_floor) {
  const mail::SmtpRung* rung = mail::smtp_rung(route);
  if (rung == nullptr) return mail::TlsRequirement::invalid();
  mail::TlsRequirement requirement = mail::meet(mail::meet(rung->floor, host_floor), demanded_by(security.dane));
  if (goes_to_the_domain(rung->hop)) requirement = mail::meet(requirement, demanded_by(domain.sts, security));
  if (rung->floor.requiretls) {
    requirement = mail::meet(requirement, demanded_by_requiretls(rung->hop, domain, security));
  }
  if (requirement.valid && requirement.names.empty()) {
    requirement.names = names_for(requirement, rung->hop, security.host, recipient_domain);
  }
  return requirement;
}

std::optional<RuledOut> rule_out(const mail::TlsRequirement& requirement, const mail::Hop& hop,
                                 const mail::DomainSecurity& domain, const mail::HostSecurity& security) {
  using enum mail::TlsLesson;
  const mail::Sts& sts = domain.sts;
  // RFC 7672 §2.1.2
  if (security.dane.state == mail::DaneState::failed) return RuledOut{transient, security.dane.reason};
  if (goes_to_the_domain(hop) && !outranked(security.dane)) {
    if (sts.state == mail::StsState::failed) return RuledOut{transient, sts.reason};
    if (sts.enforced() && !mail::sts_allows(sts.policy, security.host)) {
      return RuledOut{promise_broken, "the domain's MTA-STS policy does not allow " + security.host};
    }
  }
  if (requirement.level == mail::TlsLevel::dane && requirement.tlsa.empty() && requirement.valid) {
    return RuledOut{incapable, "DANE is required, and the host has none: " + security.dane.reason};
  }
  if (requirement.level == mail::TlsLevel::mta_sts && requirement.sts_host.empty() && requirement.tlsa.empty()) {
    if (sts.state == mail::StsState::unfetched) return RuledOut{transient, sts.reason};
    return RuledOut{incapable, "MTA-STS is required, and the domain does not enforce it" +
                                   (sts.reason.empty() ? "" : ": " + sts.reason)};
  }
  return std::nullopt;
}

bool disregards_promises(bool tls_optional, const mail::Verdict& verdict, const mail::TlsRequirement& floor) {
  return tls_optional && verdict.action == mail::Action::deliver && floor.level < mail::TlsLevel::mta_sts &&
         !floor.requiretls;
}

std::string unmet_in_testing(const mail::DomainSecurity& domain, const mail::HostSecurity& security,
                             const mail::TlsFacts& facts) {
  if (!domain.sts.tested() || outranked(security.dane)) return "";
  const mail::TlsRequirement demanded = demanded_by_policy(domain.sts.policy, security.host);
  if (!demanded.valid) return "the policy does not allow " + security.host;
  mail::TlsRequirement whole = demanded;
  whole.names = {security.host};
  return mail::unmet(whole, facts);
}

}  // namespace postern::policy
