#include "crypto/smime_layout.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/hex.hpp"
#include "crypto/base64.hpp"

namespace postern::crypto {
namespace {

bool whole_lines(std::string_view text) {
  std::size_t ends = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1), ++ends) {
    if (at == 0 || text[at - 1] != '\r') return false;
  }
  return static_cast<std::size_t>(std::ranges::count(text, '\r')) == ends && !text.contains('\0');
}

/// RFC 2045 §6.4: a multipart says what its parts need. Nothing for 7-bit lines, which is the default.
std::string_view encoding_field(std::string_view entity) {
  if (!whole_lines(entity)) return "Content-Transfer-Encoding: binary\r\n";
  return is_ascii(entity) ? "" : "Content-Transfer-Encoding: 8bit\r\n";
}

void append_object_fields(std::string& out, std::string_view file) {
  out.append("Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"").append(file);
  out += "\"\r\n\r\n";
}

}  // namespace

std::string lay_out_pkcs7_mime(std::string_view type, std::string_view der) {
  std::string out;
  out.reserve(256 + base64_lines_size(der.size()));
  out.append("Content-Type: application/pkcs7-mime; smime-type=").append(type).append(";\r\n name=\"smime.p7m\"\r\n");
  append_object_fields(out, "smime.p7m");
  append_base64_lines(out, der);
  return out;
}

std::string lay_out_signed(std::string_view entity, const DetachedSignature& signature) {
  // Nobody can write a text that holds its own digest, so this boundary does not occur in the entity, nor does any
  // other one begin with it; in base64 there is no "_".
  const std::string boundary = "=_" + format_hex(signature.digest.substr(0, 24));
  std::string out;
  out.reserve(1024 + entity.size() + base64_lines_size(signature.der.size()));
  out.append("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=");
  out.append(signature.micalg).append("; boundary=\"").append(boundary).append("\"\r\n");
  out.append(encoding_field(entity)).append("\r\n--").append(boundary).append("\r\n");
  // RFC 1847 §2.1: the CRLF before a boundary is the boundary's, so the entity's own last octet stays its last.
  out.append(entity).append("\r\n--").append(boundary);
  out.append("\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n");
  append_object_fields(out, "smime.p7s");
  append_base64_lines(out, signature.der);
  out.append("\r\n--").append(boundary).append("--\r\n");
  return out;
}

}  // namespace postern::crypto
