#include "crypto/pgp_mime.hpp"

#include "mail/lines.hpp"

namespace postern::crypto {
namespace {

/// "=_" is in no line of base64 (RFC 2045 §6.7 recommends it against quoted-printable too), so the first one will do.
std::string boundary_for(std::string_view armoured) {
  for (unsigned number = 1;; ++number) {
    std::string boundary = "=_openpgp_" + std::to_string(number);
    if (!armoured.contains(boundary)) return boundary;
  }
}

}  // namespace

std::string format_pgp_mime(std::string_view armoured) {
  std::string message = mail::with_crlf(armoured);
  if (!message.ends_with("\r\n")) message += "\r\n";
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
