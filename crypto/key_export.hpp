// Keys as files that others read. Public parts only: nothing here is given a private key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/key_record.hpp"

namespace postern::crypto {

/// A certificate's DER in PEM (RFC 7468 §5).
[[nodiscard]] std::string format_certificate_pem(std::string_view der);
/// Certificates in PEM, OpenPGP keys in ASCII armour (RFC 4880 §6), one after the other.
[[nodiscard]] std::string export_text(const std::vector<KeyRecord>& keys);
/// An entry for each key (RFC 2849): certificates as userCertificate;binary, OpenPGP keys as pgpKey.
[[nodiscard]] std::string export_ldif(const std::vector<KeyRecord>& keys);

}  // namespace postern::crypto
