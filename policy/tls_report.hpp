// As what a TLS session, or the attempt at one, counts in the report to the recipients' domain (RFC 8460 §4.3). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mail/address.hpp"
#include "mail/outcome.hpp"
#include "mail/security.hpp"
#include "mail/tls_report.hpp"

namespace postern::policy {

/// How an attempt at a host ended that the domain's MX records name.
struct TlsAttempt {
  std::string sending_ip, receiving_ip;
  bool open = false;                      // a session that may carry mail, in TLS or not
  mail::Stage stage = mail::Stage::ehlo;  // else: where it failed
  mail::TlsLesson lesson = mail::TlsLesson::none;
  std::string reason;  // why, in our or OpenSSL's words
  mail::TlsFacts tls;
};

/// One for the policy that the host was held against: DANE where it has records, else MTA-STS, else none. One more
/// where the domain has an MTA-STS policy that could not be fetched. None for what says nothing about TLS: no
/// connection, no greeting.
[[nodiscard]] std::vector<mail::ReportedSession> report_session(const mail::Domain& domain,
                                                                const mail::DomainSecurity& published,
                                                                const mail::HostSecurity& host,
                                                                const TlsAttempt& attempt);

/// For a host that must not be asked at all (rule_out), as far as that is the domain's doing.
[[nodiscard]] std::vector<mail::ReportedSession> report_ruled_out(const mail::Domain& domain,
                                                                  const mail::DomainSecurity& published,
                                                                  const mail::HostSecurity& host);

}  // namespace postern::policy
