#include "mail/dsn.hpp"

#include <algorithm>

namespace postern::mail {
namespace {

constexpr std::size_t text_width = 76;

/// Our own words, folded at blanks.
std::string wrapped(std::string_view text, const std::string& indent) {
  std::string out, line = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (line.size() > indent.size() && line.size() + 1 + word.size() > text_width) {
      out += line + "\r\n";
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += word;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + line + "\r\n";
}

/// Reasons are ours and ASCII; this keeps them so whatever comes.
std::string clean(const std::string& text) {
  return Tainted(text).cleaned(500);
}

bool any_failed(const Dsn& dsn) {
  return std::ranges::any_of(dsn.recipients, [](const DsnRecipient& r) { return r.action == DsnAction::failed; });
}

std::string format_top(const Dsn& dsn, const std::string& boundary) {
  std::string out = "From: Mail delivery <" + dsn.from.str() + ">\r\n";
  out += "To: <" + dsn.to.str() + ">\r\n";
  out += std::string("Subject: ") + (any_failed(dsn) ? "Your message was not delivered" : "Your message is waiting") +
         "\r\n";
  out += "Date: " + format_rfc5322(dsn.now) + "\r\n";
  out += "Message-ID: <" + dsn.id.str() + "@" + dsn.reporting_mta + ">\r\n";
  if (!dsn.about_message_id.empty()) {
    out += "In-Reply-To: " + dsn.about_message_id + "\r\nReferences: " + dsn.about_message_id + "\r\n";
  }
  out += "Auto-Submitted: auto-replied\r\n";  // RFC 3834 §5
  out += "MIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" + boundary + "\"\r\n\r\n";
  return out;
}

std::string format_text(const Dsn& dsn) {
  std::string out = any_failed(dsn) ? wrapped("Your message could not be delivered to everyone.", "")
                                    : wrapped("Your message has not been sent yet. It waits at the mail gateway.", "");
  for (const DsnRecipient& recipient : dsn.recipients) {
    out += "\r\n" + recipient.address.str() + "\r\n";
    out += wrapped(clean(recipient.reason), "    ");
  }
  out +=
      "\r\n" + wrapped(any_failed(dsn) ? "What you can do: check the address, or ask the recipient for another way to "
                                         "reach them. Your mail administrator can look up the number below."
                                       : "What you can do: nothing, or call the recipient if it is urgent. Your mail "
                                         "administrator can look up the number below.",
                       "");
  out += "\r\nNumber: " + dsn.about.str() + "\r\n";
  return out;
}

/// RFC 3464 §2.3
std::string format_recipient_fields(const DsnRecipient& recipient) {
  std::string out = "Final-Recipient: rfc822; " + recipient.address.str() + "\r\n";
  out += std::string("Action: ") + (recipient.action == DsnAction::failed ? "failed" : "delayed") + "\r\n";
  out += "Status: " + recipient.status.str() + "\r\n";
  if (!recipient.remote_host.empty()) out += "Remote-MTA: dns; " + Tainted(recipient.remote_host).cleaned() + "\r\n";
  if (recipient.reply && recipient.reply->code != 0) {
    out += "Diagnostic-Code: smtp; " + std::to_string(recipient.reply->code);
    if (recipient.reply->status) out += " " + recipient.reply->status->str();
    out += "\r\n";
  }
  return out;
}

std::string format_status_part(const Dsn& dsn) {
  std::string out = "Reporting-MTA: dns; " + dsn.reporting_mta + "\r\n";
  out += "Arrival-Date: " + format_rfc5322(dsn.arrived) + "\r\n";
  for (const DsnRecipient& recipient : dsn.recipients)
    out += "\r\n" + format_recipient_fields(recipient);
  return out;
}

}  // namespace

std::string format_dsn(const Dsn& dsn) {
  const std::string boundary = "postern-" + dsn.id.str();
  std::string out = format_top(dsn, boundary);
  out += "--" + boundary + "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + format_text(dsn);
  out += "\r\n--" + boundary + "\r\nContent-Type: message/delivery-status\r\n\r\n" + format_status_part(dsn);
  return out + "\r\n--" + boundary + "--\r\n";
}

}  // namespace postern::mail
