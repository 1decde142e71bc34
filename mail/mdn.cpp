#include "mail/mdn.hpp"

#include "base/ascii.hpp"
#include "base/tainted.hpp"
#include "mail/headers.hpp"
#include "mail/xtext.hpp"

namespace postern::mail {
namespace {

/// RFC 6533 §3: an address type of its own where it is not ASCII.
std::string typed(const Address& address) {
  return (address.is_ascii() ? "rfc822; " : "utf-8; ") + address.str();
}

std::string original_recipient(const std::string& orcpt) {
  const std::size_t end = orcpt.find(';');
  if (end == std::string::npos) return {};
  const auto text = decode_xtext(std::string_view(orcpt).substr(end + 1));
  return text ? "Original-Recipient: " + Tainted(orcpt.substr(0, end) + "; " + *text).cleaned() + "\r\n" : "";
}

std::string part(const std::string& boundary, const std::string& type, const std::string& content) {
  const std::string encoding = is_ascii(content) ? "" : "Content-Transfer-Encoding: 8bit\r\n";
  return "--" + boundary + "\r\nContent-Type: " + type + "\r\n" + encoding + "\r\n" + content + "\r\n";
}

}  // namespace

std::string format_mdn(const Mdn& mdn) {
  const std::string boundary = "postern-mdn-" + mdn.message_id.substr(1, mdn.message_id.find('@') - 1);
  std::string out =
      "From: <" + mdn.from.str() + ">\r\nTo: <" + mdn.to.str() + ">\r\nSubject: A protected message was opened\r\n";
  out += "Date: " + format_rfc5322(mdn.now) + "\r\nMessage-ID: " + mdn.message_id + "\r\n";
  std::string original;
  if (!mdn.about_message_id.empty()) {
    out += "In-Reply-To: " + mdn.about_message_id + "\r\nReferences: " + mdn.about_message_id + "\r\n";
    original = "Original-Message-ID: " + mdn.about_message_id + "\r\n";
  }
  out += "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/report; report-type=disposition-notification;\r\n\tboundary=\"" + boundary +
         "\"\r\n\r\n";
  const std::string text = mdn.recipient.str() + "\r\nhas opened your protected message in the portal\r\non " +
                           format_rfc5322(mdn.opened) + ".\r\n";
  out += part(boundary, is_ascii(text) ? "text/plain; charset=us-ascii" : "text/plain; charset=utf-8", text);
  // RFC 8098 §3.2.6: a person opened it, and we say so because the sender asked, without asking them.
  const std::string fields = "Reporting-UA: " + mdn.hostname + "; Postern\r\n" + original_recipient(mdn.orcpt) +
                             "Final-Recipient: " + typed(mdn.recipient) + "\r\n" + original +
                             "Disposition: manual-action/MDN-sent-automatically; displayed\r\n";
  out +=
      part(boundary, is_ascii(fields) ? "message/disposition-notification" : "message/global-disposition-notification",
           fields);
  return out + "--" + boundary + "--\r\n";
}

bool asks_for_mdn(std::string_view section) {
  return HeaderView(section).first("Disposition-Notification-To").has_value();
}

}  // namespace postern::mail
