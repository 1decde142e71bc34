#include "crypto/key_export.hpp"

#include <cstdint>

#include "base/base64.hpp"
#include "crypto/ldif.hpp"

namespace postern::crypto {
namespace {

/// RFC 7468 §2, and what OpenPGP's readers take too.
std::string in_lines(std::string_view octets) {
  constexpr std::size_t width = 64;
  return format_base64_lines(octets, width, "\n");
}

/// RFC 4880 §6.1
std::string crc24(std::string_view octets) {
  std::uint32_t crc = 0xB704CE;
  for (const char octet : octets) {
    crc ^= static_cast<std::uint32_t>(static_cast<unsigned char>(octet)) << 16;
    for (int bit = 0; bit < 8; ++bit) {
      crc <<= 1;
      if ((crc & 0x1000000) != 0) crc ^= 0x1864CFB;
    }
  }
  return {static_cast<char>(crc >> 16 & 0xFF), static_cast<char>(crc >> 8 & 0xFF), static_cast<char>(crc & 0xFF)};
}

std::string armour(const KeyRecord& key) {
  if (key.kind == KeyKind::certificate) return format_certificate_pem(key.bytes);
  return "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + in_lines(key.bytes) + "=" + format_base64(crc24(key.bytes)) +
         "\n-----END PGP PUBLIC KEY BLOCK-----\n";
}

}  // namespace

std::string format_certificate_pem(std::string_view der) {
  return "-----BEGIN CERTIFICATE-----\n" + in_lines(der) + "-----END CERTIFICATE-----\n";
}

std::string export_text(const std::vector<KeyRecord>& keys) {
  std::string text;
  for (const KeyRecord& key : keys)
    text += armour(key);
  return text;
}

std::string export_ldif(const std::vector<KeyRecord>& keys) {
  std::string text = "version: 1\n\n";
  for (const KeyRecord& key : keys) {
    LdifEntry entry = {{"dn", "cn=" + key.fingerprint},
                       {"objectClass", "inetOrgPerson"},
                       {"cn", key.fingerprint},
                       {"sn", key.fingerprint}};
    for (const std::string& address : key.addresses) {
      if (!address.starts_with('@')) entry.emplace_back("mail", address);
    }
    if (key.kind == KeyKind::certificate) {
      entry.emplace_back("userCertificate;binary", key.bytes);
    } else {
      entry.emplace_back("pgpKey", armour(key));
    }
    text += format_ldif(entry);
  }
  return text;
}

}  // namespace postern::crypto
