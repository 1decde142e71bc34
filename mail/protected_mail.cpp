#include "mail/protected_mail.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "mail/headers.hpp"
#include "mail/media_type.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t longest_look = 64 * 1024;
constexpr std::size_t longest_part_header = 4 * 1024, most_parts = 100;  // so that no message costs more than a look

bool is(std::optional<std::string_view> value, std::string_view word) {
  return value && equals_ignoring_case(*value, word);
}

Protected of_pkcs7(const MediaType& media) {
  const auto type = media.parameter("smime-type");
  if (is(type, "enveloped-data") || is(type, "authEnveloped-data")) return Protected::smime_encrypted;
  if (is(type, "signed-data")) return Protected::smime_signed;
  return Protected::smime_other;
}

Protected of_media_type(const MediaType& media) {
  const auto protocol = media.parameter("protocol");
  if (media.type == "application/pkcs7-mime" || media.type == "application/x-pkcs7-mime") return of_pkcs7(media);
  if (!media.parameter("boundary")) return Protected::none;
  if (media.type == "multipart/encrypted" && is(protocol, "application/pgp-encrypted")) return Protected::pgp_encrypted;
  if (media.type != "multipart/signed") return Protected::none;
  if (is(protocol, "application/pkcs7-signature") || is(protocol, "application/x-pkcs7-signature"))
    return Protected::smime_signed;
  return is(protocol, "application/pgp-signature") ? Protected::pgp_signed : Protected::none;
}

/// The lines as they stand, from the first that is not blank.
Protected of_text(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return Protected::none;
  const std::string_view text = body.substr(first);
  const std::string_view line = trimmed(text.substr(0, text.find("\r\n")));
  if (line == "-----BEGIN PGP MESSAGE-----") return Protected::pgp_inline_encrypted;
  return line == "-----BEGIN PGP SIGNED MESSAGE-----" ? Protected::pgp_inline_signed : Protected::none;
}

/// The only one, and only where it follows the grammar. Two, of which clients take this or that, are none.
std::optional<MediaType> media_type_of(const HeaderView& headers) {
  const std::vector<Field> all = headers.all("Content-Type");
  if (all.empty()) return MediaType{.type = "text/plain", .parameters = {}};
  return all.size() == 1 ? parse_media_type(all[0].raw) : std::nullopt;
}

bool is_encoded(const HeaderView& headers) {
  const auto field = headers.first("Content-Transfer-Encoding");
  if (!field) return false;
  const std::string encoding = unfold(field->raw);
  return equals_ignoring_case(encoding, "base64") || equals_ignoring_case(encoding, "quoted-printable");
}

std::string method_of(const MediaType& media) {
  if (media.type != "text/calendar") return {};
  std::string method(media.parameter("method").value_or(""));
  std::ranges::transform(method, method.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  return method;
}

/// Of the first part that is a calendar, by the header sections behind the boundary lines of any multipart in sight.
/// Forwarded messages have such parts too; that only means that an invitation is handled with more care than needed.
std::string method_in_parts(std::string_view body) {
  std::size_t parts = 0;
  for (std::size_t at = body.starts_with("--") ? 0 : body.find("\r\n--");
       at != std::string_view::npos && parts < most_parts; ++parts, at = body.find("\r\n--", at + 1)) {
    const std::size_t begin = body.find("\r\n", at + 2);
    if (begin == std::string_view::npos) break;
    const std::string_view part = body.substr(begin + 2, longest_part_header);
    const auto length = header_length(part);
    const HeaderView headers(part.substr(0, length.value_or(part.size())));
    const auto media = headers.first("Content-Type") ? media_type_of(headers) : std::nullopt;
    if (std::string method = media ? method_of(*media) : ""; !method.empty()) return method;
  }
  return {};
}

}  // namespace

std::string_view format_protected(Protected kind) {
  switch (kind) {
    case Protected::none: return "none";
    case Protected::smime_signed: return "smime-signed";
    case Protected::smime_encrypted: return "smime-encrypted";
    case Protected::smime_other: return "smime-other";
    case Protected::pgp_signed: return "pgp-signed";
    case Protected::pgp_encrypted: return "pgp-encrypted";
    case Protected::pgp_inline_signed: return "pgp-inline-signed";
    case Protected::pgp_inline_encrypted: break;
  }
  return "pgp-inline-encrypted";
}

ProtectedMail recognise_protection(std::string_view message) {
  message = message.substr(0, longest_look);
  const auto length = header_length(message);
  if (!length) return {};
  const HeaderView headers(message.substr(0, *length));
  const std::string_view body = message.substr(*length);
  const auto media = media_type_of(headers);
  if (!media) return {};
  ProtectedMail found{.kind = of_media_type(*media), .calendar_method = method_of(*media)};
  if (media->type == "text/plain" && !is_encoded(headers)) found.kind = of_text(body);
  if (media->type.starts_with("multipart/")) found.calendar_method = method_in_parts(body);
  return found;
}

}  // namespace postern::mail
