#include "crypto/pgp_mime.hpp"

#include "base/hex.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

std::string with_crlf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 64 + 2);
  for (const char c : text) {
    if (c == '\n') lines += '\r';
    if (c != '\r') lines += c;
  }
  if (!lines.ends_with("\r\n")) lines += "\r\n";
  return lines;
}

/// "=_" is in no line of base64 (RFC 2045 §6.7 recommends it against quoted-printable too); the rest is told by what it
/// must not occur in, so that a retry would lay out the same.
std::string boundary_for(std::string_view text) {
  for (unsigned attempt = 0;; ++attempt) {
    Digest digest;
    digest.update(std::to_string(attempt));
    digest.update(text);
    std::string boundary = "=_" + format_hex(digest.finish()).substr(0, 32);
    if (!text.contains(boundary)) return boundary;
  }
}

}  // namespace

std::string format_pgp_mime(std::string_view armoured) {
  const std::string message = with_crlf(armoured);
  const std::string boundary = boundary_for(message);
  const std::string delimiter = "--" + boundary;
  return "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n"
         "\tboundary=\"" +
         boundary +
         "\"\r\n"
         "Content-Transfer-Encoding: 7bit\r\n"
         "\r\n"
         "This message is encrypted with OpenPGP (RFC 3156).\r\n"
         "\r\n" +
         delimiter +
         "\r\n"
         "Content-Type: application/pgp-encrypted\r\n"
         "Content-Description: PGP/MIME version identification\r\n"
         "\r\n"
         "Version: 1\r\n"
         "\r\n" +
         delimiter +
         "\r\n"
         "Content-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"
         "Content-Description: OpenPGP encrypted message\r\n"
         "Content-Disposition: inline; filename=\"encrypted.asc\"\r\n"
         "\r\n" +
         message + "\r\n" + delimiter + "--\r\n";
}

}  // namespace postern::crypto
