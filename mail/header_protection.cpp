#include "mail/header_protection.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "mail/headers.hpp"
#include "mail/media_type.hpp"

namespace postern::mail {
namespace {

/// Written on the way, by and for servers: true of the outside alone, and nothing that the sender said. Bcc is no
/// recipient's business, and an HP-Outer of the sender's is none of ours.
bool is_of_the_way(std::string_view field) {
  constexpr std::array names = {
      "received",     "return-path", "delivered-to", "dkim-signature", "domainkey-signature", "authentication-results",
      "received-spf", "bcc",         "x-received",   "hp-outer"};
  const std::string name = lowered(field);
  return std::ranges::find(names, name) != names.end() || name.starts_with("arc-") || name.starts_with("resent-") ||
         name.starts_with("x-ms-exchange-");
}

/// RFC 9788 §3.2.1.
bool is_hidden(std::string_view name) {
  return equals_ignoring_case(name, "Comments") || equals_ignoring_case(name, "Keywords");
}

/// A cryptographic layer of its own: what it protects begins below it, where nothing may be changed.
bool is_sealed(const MediaType& media) {
  return media.type == "multipart/signed" || media.type == "multipart/encrypted" ||
         media.type == "application/pkcs7-mime" || media.type == "application/x-pkcs7-mime";
}

std::optional<Field> only_content_type(const HeaderView& headers) {
  const std::vector<Field> all = headers.all("Content-Type");
  if (all.size() != 1) return std::nullopt;
  const auto media = parse_media_type(all[0].raw);
  if (!media || is_sealed(*media) || media->parameter("hp")) return std::nullopt;
  return all[0];
}

/// The field with one parameter more, and no other octet changed. Empty: it would not be read as one.
std::string with_parameter(std::string_view field, Cover cover) {
  field.remove_suffix(2);  // its CRLF
  std::string longer(field);
  const bool ends_with_semicolon = trimmed(field).ends_with(';');
  longer += ends_with_semicolon ? "\r\n hp=\"" : ";\r\n hp=\"";
  longer.append(cover == Cover::cipher ? "cipher" : "clear").append("\"\r\n");
  const auto read = parse_media_type(std::string_view(longer).substr(longer.find(':') + 1));
  return read && read->parameter("hp") ? longer : "";
}

struct Fields {
  std::string outer, copies, outer_told;
};

void add(Fields& all, const Field& field, std::string_view whole, bool hide) {
  if (is_of_the_way(field.name)) {
    all.outer += whole;
    return;
  }
  all.copies += whole;
  if (hide && is_hidden(field.name)) return;
  const bool subject = hide && equals_ignoring_case(field.name, "Subject");
  const std::string stands = std::string(field.name) + ":" + (subject ? " [...]\r\n" : std::string(field.raw));
  all.outer += subject ? std::string_view(stands) : whole;
  all.outer_told += "HP-Outer: " + stands;
}

}  // namespace

std::optional<Entity> protect_header(const Entity& cut, Cover cover, HideSubject hide) {
  const auto length = header_length(cut.inner);
  if (!length) return std::nullopt;
  const std::string_view content = std::string_view(cut.inner).substr(0, *length - 2);
  const HeaderView inner(content), outer(cut.outer);
  const auto type = only_content_type(inner);
  const std::string longer = type ? with_parameter(content.substr(type->at, type->size), cover) : "";
  if (longer.empty() || inner.malformed() || outer.malformed()) return std::nullopt;

  Fields fields;
  for (const Field& field : outer.fields())
    add(fields, field, std::string_view(cut.outer).substr(field.at, field.size),
        cover == Cover::cipher && hide == HideSubject::yes);
  Entity covered{.outer = std::move(fields.outer), .inner = std::move(fields.copies)};
  if (cover == Cover::cipher) covered.inner += fields.outer_told;
  covered.inner.append(content.substr(0, type->at)).append(longer);
  covered.inner.append(std::string_view(cut.inner).substr(type->at + type->size));
  return covered;
}

}  // namespace postern::mail
