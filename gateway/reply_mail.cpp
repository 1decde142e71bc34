#include "gateway/reply_mail.hpp"

#include "base/ascii.hpp"
#include "mail/header_text.hpp"
#include "mail/headers.hpp"

namespace postern::gateway {
namespace {

/// The portal is open to the world: its entity may describe itself, and say nothing else in our name.
bool describes_itself_alone(std::string_view entity) {
  const auto length = mail::header_length(entity);
  if (!length) return false;
  const mail::HeaderView headers(entity.substr(0, *length));
  if (headers.malformed()) return false;
  for (const mail::Field& field : headers.fields())
    if (!lowered(field.name).starts_with("content-")) return false;
  return true;
}

std::string list_of(const std::vector<mail::Address>& addresses) {
  std::string list;
  for (const mail::Address& one : addresses)
    list += (list.empty() ? "<" : ",\r\n <") + one.str() + ">";
  return list;
}

}  // namespace

Result<std::string> format_reply_mail(const ReplyMail& mail, const portal::Letter& letter) {
  if (!describes_itself_alone(letter.entity))
    return fail(Errc::invalid, "the portal's reply has other header fields than Content-*");
  std::string text = "From: " + mail::format_display_name(mail.author.str() + " via " + mail.tenant) + " <" +
                     mail.from.str() + ">\r\nTo: " + list_of(mail.to) +
                     "\r\nSubject: " + mail::format_header_text(letter.subject) +
                     "\r\nDate: " + format_rfc5322(mail.date) + "\r\nMessage-ID: " + mail.message_id + "\r\n";
  if (!mail.answers.empty()) text += "In-Reply-To: " + mail.answers + "\r\nReferences: " + mail.answers + "\r\n";
  return text + "MIME-Version: 1.0\r\n" + letter.entity;
}

}  // namespace postern::gateway
