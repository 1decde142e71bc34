#include "mail/dsn.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mail/xtext.hpp"

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

/// The gravest of what it tells: that decides its subject.
DsnAction gravest(const Dsn& dsn) {
  DsnAction worst = DsnAction::relayed;
  for (const DsnRecipient& recipient : dsn.recipients)
    worst = std::min(worst, recipient.action);
  return worst;
}

/// What a person is told, by the gravest action.
struct Words {
  std::string_view subject, opening, advice;
};
Words words_for(DsnAction action) {
  switch (action) {
    case DsnAction::failed:
      return {"Your message was not delivered", "Your message could not be delivered to everyone.",
              "What you can do: check the address, or ask the recipient for another way to reach them. Your mail "
              "administrator can look up the number below."};
    case DsnAction::delayed:
      return {"Your message is waiting", "Your message has not been sent yet. It waits at the mail gateway.",
              "What you can do: nothing, or call the recipient if it is urgent. Your mail administrator can look up "
              "the number below."};
    case DsnAction::relayed: break;
  }
  return {"Your message was handed over", "Your message was handed to the recipient's mail server.",
          "You asked to be told. That server does not tell more: whether and when it was read cannot be said."};
}

std::string_view format_action(DsnAction action) {
  switch (action) {
    case DsnAction::failed: return "failed";
    case DsnAction::delayed: return "delayed";
    case DsnAction::relayed: break;
  }
  return "relayed";
}

/// "rfc822; bob@lab.example"; beyond ASCII "utf-8; b\x{F6}b@lab.example" (RFC 6533 §3), since the part is 7-bit.
std::string format_typed(std::string_view address) {
  if (is_ascii(address)) return "rfc822; " + std::string(address);
  std::string out = "utf-8; ";
  while (!address.empty()) {
    const auto [code, octets] = decode_utf8(address);
    out += octets > 1 ? fmt::format("\\x{{{:X}}}", code) : std::string(1, address.front());
    address.remove_prefix(std::max<std::size_t>(octets, 1));
  }
  return out;
}

/// RFC 3461 §6.3: decoded, with its type. It came from the sender, and goes back to the sender alone.
std::string format_original(const std::string& orcpt) {
  const std::size_t semicolon = orcpt.find(';');
  const Result<std::string> address = decode_xtext(std::string_view(orcpt).substr(semicolon + 1));
  if (semicolon == std::string::npos || !address) return "";
  return "Original-Recipient: " + orcpt.substr(0, semicolon) + "; " + Tainted(*address).cleaned() + "\r\n";
}

std::string format_top(const Dsn& dsn, const std::string& boundary) {
  std::string out = "From: Mail delivery <" + dsn.from.str() + ">\r\n";
  out += "To: <" + dsn.to.str() + ">\r\n";
  out += "Subject: " + std::string(words_for(gravest(dsn)).subject) + "\r\n";
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
  const Words words = words_for(gravest(dsn));
  std::string out = wrapped(words.opening, "");
  for (const DsnRecipient& recipient : dsn.recipients) {
    out += "\r\n" + recipient.address.str() + "\r\n";
    out += wrapped(clean(recipient.reason), "    ");
  }
  out += "\r\n" + wrapped(words.advice, "");
  return out + "\r\nNumber: " + dsn.about.str() + "\r\n";
}

/// RFC 3464 §2.3
std::string format_recipient_fields(const DsnRecipient& recipient) {
  std::string out = format_original(recipient.orcpt);
  out += "Final-Recipient: " + format_typed(recipient.address.str()) + "\r\n";
  out += "Action: " + std::string(format_action(recipient.action)) + "\r\n";
  out += "Status: " + recipient.status.str() + "\r\n";
  if (!recipient.remote_host.empty()) out += "Remote-MTA: dns; " + Tainted(recipient.remote_host).cleaned() + "\r\n";
  if (recipient.reply && recipient.reply->code != 0) {
    out += "Diagnostic-Code: smtp; " + std::to_string(recipient.reply->code);
    if (recipient.reply->status) out += " " + recipient.reply->status->str();
    out += "\r\n";
  }
  // RFC 3464 §2.3.9. Held mail waits for a person, and is not tried.
  if (recipient.retry_until) out += "Will-Retry-Until: " + format_rfc5322(*recipient.retry_until) + "\r\n";
  return out;
}

std::string format_status_part(const Dsn& dsn) {
  std::string out;
  if (const auto envid = decode_xtext(dsn.envid); envid && !envid->empty()) {
    out += "Original-Envelope-Id: " + Tainted(*envid).cleaned() + "\r\n";
  }
  out += "Reporting-MTA: dns; " + dsn.reporting_mta + "\r\n";
  out += "Arrival-Date: " + format_rfc5322(dsn.arrived) + "\r\n";
  for (const DsnRecipient& recipient : dsn.recipients)
    out += "\r\n" + format_recipient_fields(recipient);
  return out;
}

}  // namespace

std::string format_dsn(const Dsn& dsn) {
  const std::string boundary = "postern-" + dsn.id.str();
  const std::string text = format_text(dsn);
  const auto begin_part = [&boundary](const std::string& type, std::string_view content) {
    const std::string encoding = is_ascii(content) ? "" : "Content-Transfer-Encoding: 8bit\r\n";
    return "--" + boundary + "\r\nContent-Type: " + type + "\r\n" + encoding + "\r\n" + std::string(content) + "\r\n";
  };
  std::string headers;
  if (!dsn.about_from.domain().empty()) headers += "From: <" + dsn.about_from.str() + ">\r\n";
  if (!dsn.about_message_id.empty()) headers += "Message-ID: " + dsn.about_message_id + "\r\n";

  std::string out = format_top(dsn, boundary);
  out += begin_part(is_ascii(text) ? "text/plain; charset=us-ascii" : "text/plain; charset=utf-8", text);
  out += begin_part("message/delivery-status", format_status_part(dsn));
  // RFC 6533 §4: the headers of internationalised mail have a type of their own.
  out += begin_part(is_ascii(headers) ? "text/rfc822-headers" : "message/global-headers", headers);
  return out + "--" + boundary + "--\r\n";
}

}  // namespace postern::mail
