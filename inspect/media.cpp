#include "inspect/media.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "mail/charset.hpp"
#include "mail/headers.hpp"

namespace postern::inspect {
namespace {

using mail::Uninspectable;

constexpr std::array<std::string_view, 10> text_types = {
    "application/json",       "application/xml",           "application/javascript",
    "application/pgp-keys",   "application/pgp-signature", "application/xhtml+xml",
    "message/rfc822-headers", "message/delivery-status",   "message/disposition-notification",
    "message/feedback-report"};

constexpr std::array<std::string_view, 12> text_names = {".txt", ".csv", ".tsv",  ".log", ".json", ".xml",
                                                         ".htm", ".md",  ".html", ".ics", ".vcf",  ".hl7"};

void append_token(std::string& out, std::string_view text) {
  for (const char written : text) {
    if (out.size() == 127) return;
    const char c = to_lower(written);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+' || c == '_';
    out.push_back(plain ? c : '_');
  }
}

bool named_as_text(std::string_view names) {
  if (names.empty()) return false;
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find('\n', at), names.size());
    const std::string_view name = names.substr(at, end - at);
    const bool known = std::any_of(text_names.begin(), text_names.end(), [&](std::string_view ending) {
      return name.size() >= ending.size() &&
             mail::equals_ignoring_case(name.substr(name.size() - ending.size()), ending);
    });
    if (!known) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

std::string clean_media_type(std::string_view type, std::string_view subtype) {
  std::string out;
  append_token(out, type.substr(0, 60));
  out.push_back('/');
  append_token(out, subtype);
  return out;
}

bool is_text(std::string_view type) {
  return type.starts_with("text/") || type.ends_with("+xml") || type.ends_with("+json") ||
         std::find(text_types.begin(), text_types.end(), type) != text_types.end();
}

bool is_markup(std::string_view type) {
  return type.find("html") != std::string_view::npos || type.ends_with("xml") || type == "text/enriched" ||
         type == "text/richtext";
}

bool looks_like_text(std::string_view octets) {
  if (octets.starts_with("\xff\xfe") || octets.starts_with("\xfe\xff")) return true;
  for (std::size_t i = 0; i < octets.size();) {
    const mail::CodePoint c = mail::code_point_at(octets, i);
    const bool white = c.value == '\t' || c.value == '\n' || c.value == '\r' || c.value == '\f';
    if ((c.value < 0x20 && !white) || (c.value >= 0x80 && c.size == 1)) return false;
    i += c.size;
  }
  return true;
}

std::optional<Uninspectable> unreadable(std::string_view type, std::string_view smime_type, std::string_view names,
                                        bool looks_like_text) {
  if (type == "application/pgp-encrypted") return Uninspectable::encrypted;
  if (type == "application/pkcs7-mime" || type == "application/x-pkcs7-mime") {
    // RFC 8551 §3.2.2: without the parameter it may be anything, encrypted included.
    const bool readable_elsewhere = mail::equals_ignoring_case(smime_type, "signed-data") ||
                                    mail::equals_ignoring_case(smime_type, "certs-only") ||
                                    mail::equals_ignoring_case(smime_type, "compressed-data");
    return readable_elsewhere ? Uninspectable::unsupported : Uninspectable::encrypted;
  }
  if (type == "text/rtf") return Uninspectable::unsupported;  // its escapes hide text from a scan
  if (is_text(type) || type == "message/rfc822" || type == "message/global") return std::nullopt;
  if (named_as_text(names) && looks_like_text) return std::nullopt;
  return Uninspectable::unsupported;
}

}  // namespace postern::inspect
