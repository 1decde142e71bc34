#include "crypto/pgp_mime.hpp"

#include <algorithm>

namespace postern::crypto {
namespace {

std::string with_crlf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32 + 2);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    lines.append(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line).append("\r\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// "=_" is in no line of base64 (RFC 2045 §6.7 recommends it against quoted-printable too), so the first one will do.
std::string boundary_for(std::string_view armoured) {
  for (unsigned number = 1;; ++number) {
    std::string boundary = "=_openpgp_" + std::to_string(number);
    if (!armoured.contains(boundary)) return boundary;
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
