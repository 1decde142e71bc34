#include "crypto/pgp_inline.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "base/ascii.hpp"
#include "crypto/openssl.hpp"
#include "mail/headers.hpp"
#include "mail/lines.hpp"

namespace postern::crypto {
namespace {

using EncodeContext = std::unique_ptr<EVP_ENCODE_CTX, Frees<EVP_ENCODE_CTX_free>>;

std::string value_of(const mail::HeaderView& headers, std::string_view name) {
  const auto field = headers.first(name);
  return field ? mail::unfold(field->raw) : std::string();
}

std::string_view until(std::string_view text, char end) {
  return trimmed(text.substr(0, text.find(end)));
}

/// RFC 2045 §5.1; "us-ascii" where there is none (§5.2). Nothing where it is not a plain token: it will be written
/// again.
std::string charset_of(std::string_view type) {
  const std::string lower = lowered(type);
  std::size_t at = lower.find("charset=");
  if (at == std::string::npos) return "us-ascii";
  at += 8;
  std::string_view value = std::string_view(lower).substr(at);
  if (value.starts_with('"')) value = until(value.substr(1), '"');
  value = until(value, ';');
  const bool plain = !value.empty() && std::ranges::all_of(value, [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == ':';
  });
  return plain ? std::string(value) : std::string();
}

int digit_of(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// RFC 2045 §6.7. What is no escape stands as it is.
std::string decode_quoted_printable(std::string_view in) {
  std::string out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '=') {
      out += in[i];
    } else if (in.substr(i + 1, 2) == "\r\n") {
      i += 2;
    } else if (i + 2 < in.size() && digit_of(in[i + 1]) >= 0 && digit_of(in[i + 2]) >= 0) {
      out += static_cast<char>(digit_of(in[i + 1]) * 16 + digit_of(in[i + 2]));
      i += 2;
    } else {
      out += '=';
    }
  }
  return out;
}

Result<std::string> decode_base64(std::string_view in) {
  const EncodeContext context(EVP_ENCODE_CTX_new());
  EVP_DecodeInit(context.get());
  std::string out(in.size() + 3, '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  int first = 0, last = 0;
  const auto* from = reinterpret_cast<const unsigned char*>(in.data());
  if (EVP_DecodeUpdate(context.get(), to, &first, from, static_cast<int>(in.size())) < 0 ||
      EVP_DecodeFinal(context.get(), to + first, &last) < 0)
    return fail(Errc::invalid, "inline PGP: the text is not the base64 that it says");
  out.resize(static_cast<std::size_t>(first + last));
  return out;
}

Result<std::string> decode(std::string_view body, const std::string& encoding) {
  if (encoding.empty() || encoding == "7bit" || encoding == "8bit") return std::string(body);
  if (encoding == "quoted-printable") return decode_quoted_printable(body);
  if (encoding == "base64") return decode_base64(body);
  return fail(Errc::invalid, "inline PGP cannot carry a text in a transfer encoding of its own");
}

}  // namespace

Result<InlineText> inline_text(std::string_view entity) {
  const std::size_t length = mail::header_length(entity).value_or(entity.size());
  const mail::HeaderView headers(entity.substr(0, length));
  const std::string type = value_of(headers, "Content-Type");
  const std::string kind = type.empty() ? "text/plain" : lowered(until(type, ';'));
  if (kind.starts_with("multipart/"))
    return fail(Errc::invalid, "inline PGP carries a single text: this message has parts (HTML or attachments)");
  if (kind != "text/plain")
    return fail(Errc::invalid, "inline PGP carries plain text, and this message is another type");
  if (lowered(until(value_of(headers, "Content-Disposition"), ';')) == "attachment")
    return fail(Errc::invalid, "inline PGP carries a text, and this message is an attachment");
  InlineText plain;
  plain.charset = charset_of(type);
  if (plain.charset.empty()) return fail(Errc::invalid, "inline PGP: the text's charset is not a name");
  auto text = decode(entity.substr(length), lowered(trimmed(value_of(headers, "Content-Transfer-Encoding"))));
  if (!text) return fail(text.error());
  plain.text = *std::move(text);
  return plain;
}

std::string format_inline_pgp(std::string_view armoured, std::string_view charset) {
  return "Content-Type: text/plain; charset=" + std::string(charset) + "\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" +
         mail::with_crlf(armoured);
}

}  // namespace postern::crypto
