// A TLS report as a mail (RFC 8460 §5.3): multipart/report with a line for people and the report, packed.
#pragma once

#include <string>

#include "audit/tls_report.hpp"
#include "mail/address.hpp"

namespace postern::gateway {

struct TlsReportMail {
  audit::TlsReport report;
  std::string packed;     // gzip of format_tls_report
  std::string submitter;  // our host name
  mail::Address from, to;
  std::string message_id;
  Time date{};
};

/// CRLF lines; ASCII, but for addresses of internationalised mail. It asks to be delivered whatever TLS does (§5.3).
[[nodiscard]] std::string format_tls_report_mail(const TlsReportMail& mail);

}  // namespace postern::gateway
