// The report of TLS sessions that a domain asked for, as RFC 8460 §4.4 writes it.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "mail/tls_report.hpp"

namespace postern::audit {

struct TlsReport {
  std::string organization;
  std::string contact;  // an address
  std::string id;
  Time begin{}, end{};  // the first and the last second of a day in UTC
  std::string domain;   // whose recipients were mailed
  mail::TlsTally tally;
};

/// application/tlsrpt+json
[[nodiscard]] std::string format_tls_report(const TlsReport& report);

/// §5.1: "gw.clinic.example!lab.example!1764288000!1764374399!id.json.gz"
[[nodiscard]] std::string tls_report_filename(const TlsReport& report, const std::string& submitter);

}  // namespace postern::audit
