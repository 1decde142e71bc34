#include "gateway/tls_report_mail.hpp"

#include <fmt/format.h>

#include "base/base64.hpp"

namespace postern::gateway {
std::string format_tls_report_mail(const TlsReportMail& mail) {
  const std::string boundary = "=_tls_report_" + mail.report.id;  // '=' is in no quoted-printable or base64 line's head
  const std::string day = format_rfc3339(mail.report.begin).substr(0, 10);
  constexpr std::size_t base64_line = 76;  // RFC 2045 §6.8
  const std::string filename = audit::tls_report_filename(mail.report, mail.submitter);
  return fmt::format(
      "From: <{}>\r\n"
      "To: <{}>\r\n"
      "Subject: Report Domain: {}\r\n Submitter: {}\r\n Report-ID: <{}>\r\n"
      "Date: {}\r\n"
      "Message-ID: {}\r\n"
      "TLS-Report-Domain: {}\r\n"
      "TLS-Report-Submitter: {}\r\n"
      "TLS-Required: No\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"{}\"\r\n"
      "\r\n"
      "--{}\r\n"
      "Content-Type: text/plain; charset=us-ascii\r\n"
      "\r\n"
      "This is a report on TLS sessions with the mail servers of {}\r\n"
      "on {} (UTC), as its DNS record asks for (RFC 8460).\r\n"
      "\r\n"
      "--{}\r\n"
      "Content-Type: application/tlsrpt+gzip\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "Content-Disposition: attachment;\r\n filename=\"{}\"\r\n"
      "\r\n"
      "{}"
      "\r\n"
      "--{}--\r\n",
      mail.from.str(), mail.to.str(), mail.report.domain, mail.submitter, mail.report.id, format_rfc5322(mail.date),
      mail.message_id, mail.report.domain, mail.submitter, boundary, boundary, mail.report.domain, day, boundary,
      filename, format_base64_lines(mail.packed, base64_line, "\r\n"), boundary);
}

}  // namespace postern::gateway
