#include "policy/tls_report.hpp"

namespace postern::policy {
namespace {

using mail::ReportedPolicy;
using mail::TlsFailure;
using mail::TlsFailureType;

constexpr std::string_view not_an_mx = "mx-mismatch";

ReportedPolicy policy_of(const mail::Dane& dane, const std::string& host) {
  ReportedPolicy policy{ReportedPolicy::Type::tlsa, {}, dane.base.empty() ? host : dane.base, {}};
  for (const mail::TlsaRecord& record : dane.records)
    policy.strings.push_back(mail::format_tlsa(record));
  return policy;
}

ReportedPolicy policy_of(const mail::Domain& domain, const mail::Sts& sts) {
  ReportedPolicy policy{ReportedPolicy::Type::sts, {}, domain.str(), {}};
  if (sts.state != mail::StsState::known) return policy;
  policy.strings = {"version: STSv1", "mode: " + std::string(mail::format_sts_mode(sts.policy.mode))};
  for (const std::string& pattern : sts.policy.mx)
    policy.strings.push_back("mx: " + pattern);
  policy.strings.push_back("max_age: " + std::to_string(sts.policy.max_age.count()));
  policy.mx = sts.policy.mx;
  return policy;
}

/// The one that decides: DANE outranks MTA-STS (RFC 8461 §2).
ReportedPolicy policy_in_force(const mail::Domain& domain, const mail::Sts& sts, const mail::HostSecurity& host) {
  if (host.dane.state != mail::DaneState::absent) return policy_of(host.dane, host.host);
  if (sts.enforced() || sts.tested()) return policy_of(domain, sts);
  return {ReportedPolicy::Type::no_policy_found, {}, domain.str(), {}};
}

struct Fault {
  TlsFailureType type;
  std::string reason = {};
};

/// What OpenSSL said of a chain.
Fault fault_of_chain(const std::string& error) {
  if (error.find("expired") != std::string::npos) return {TlsFailureType::certificate_expired};
  if (error.find("ostname mismatch") != std::string::npos) return {TlsFailureType::certificate_host_mismatch};
  return {TlsFailureType::certificate_not_trusted, error};
}

std::optional<Fault> fault_of_certificate(const mail::TlsFacts& tls, const std::string& host) {
  if (!tls.chain_valid) return fault_of_chain(tls.chain_error);
  if (!mail::certificate_names(tls.names, host)) return Fault{TlsFailureType::certificate_host_mismatch};
  return std::nullopt;
}

/// Of a session in TLS. `open`: it may carry mail, so that nothing but the domain's own policy can find fault with it.
std::optional<Fault> fault_in_tls(const mail::TlsFacts& tls, const mail::Sts& sts, const mail::HostSecurity& host,
                                  bool open) {
  switch (host.dane.state) {
    case mail::DaneState::usable: return tls.tlsa ? std::nullopt : std::optional(fault_of_chain(tls.dane_error));
    case mail::DaneState::unusable: return Fault{TlsFailureType::tlsa_invalid, host.dane.reason};
    case mail::DaneState::failed: return Fault{TlsFailureType::dnssec_invalid, host.dane.reason};
    case mail::DaneState::absent: break;
  }
  if (sts.enforced() || sts.tested()) {
    if (!mail::sts_allows(sts.policy, host.host))
      return Fault{TlsFailureType::validation_failure, std::string(not_an_mx)};
    return fault_of_certificate(tls, host.host);
  }
  return open ? std::nullopt : fault_of_certificate(tls, host.host);
}

std::optional<Fault> fault_of(const TlsAttempt& attempt, const mail::Sts& sts, const mail::HostSecurity& host) {
  if (attempt.tls.encrypted()) return fault_in_tls(attempt.tls, sts, host, attempt.open);
  if (attempt.stage == mail::Stage::handshake && !attempt.open)
    return Fault{TlsFailureType::validation_failure, attempt.reason};
  return Fault{TlsFailureType::starttls_not_supported};
}

/// Up to EHLO nothing is said about TLS, but by a server that cannot be asked for it. What breaks inside TLS that was
/// judged well is no failure of TLS.
bool is_about_tls(const TlsAttempt& attempt) {
  if (attempt.open || attempt.stage >= mail::Stage::starttls) return true;
  return attempt.lesson != mail::TlsLesson::none && !attempt.tls.encrypted();
}

mail::ReportedSession failed(ReportedPolicy policy, Fault fault, const std::string& host,
                             const TlsAttempt& attempt = {}) {
  return {std::move(policy),
          TlsFailure{fault.type, attempt.sending_ip, host, attempt.receiving_ip, std::move(fault.reason)}};
}

}  // namespace

std::vector<mail::ReportedSession> report_session(const mail::Domain& domain, const mail::DomainSecurity& published,
                                                  const mail::HostSecurity& host, const TlsAttempt& attempt) {
  std::vector<mail::ReportedSession> sessions;
  if (!is_about_tls(attempt)) return sessions;
  const mail::Sts& sts = published.sts;
  if (sts.state == mail::StsState::unfetched)
    sessions.push_back(
        failed(policy_of(domain, sts), {TlsFailureType::sts_policy_fetch_error, sts.reason}, host.host, attempt));
  const ReportedPolicy policy = policy_in_force(domain, sts, host);
  if (auto fault = fault_of(attempt, sts, host)) {
    sessions.push_back(failed(policy, std::move(*fault), host.host, attempt));
  } else {
    sessions.push_back({policy, std::nullopt});
  }
  return sessions;
}

std::vector<mail::ReportedSession> report_ruled_out(const mail::Domain& domain, const mail::DomainSecurity& published,
                                                    const mail::HostSecurity& host) {
  const mail::Sts& sts = published.sts;
  if (host.dane.state == mail::DaneState::failed)
    return {failed(policy_of(host.dane, host.host), {TlsFailureType::dnssec_invalid, host.dane.reason}, host.host)};
  if (host.dane.state == mail::DaneState::usable) return {};
  if (sts.state == mail::StsState::failed)
    return {failed(policy_of(domain, sts), {TlsFailureType::sts_policy_fetch_error, sts.reason}, host.host)};
  if (sts.enforced() && !mail::sts_allows(sts.policy, host.host))
    return {failed(policy_of(domain, sts), {TlsFailureType::validation_failure, std::string(not_an_mx)}, host.host)};
  return {};
}

}  // namespace postern::policy
