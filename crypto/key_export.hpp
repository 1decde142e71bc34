// Keys as files that others read. Public parts only: nothing here is given a private key.
#pragma once

#include <string>
#include <vector>

#include "crypto/key_record.hpp"

namespace postern::crypto {

/// Certificates in PEM, OpenPGP keys in ASCII armour (RFC 4880 §6), one after the other.
[[nodiscard]] std::string export_text(const std::vector<KeyRecord>& keys);
/// An entry for each key (RFC 2849): certificates as userCertificate;binary, OpenPGP keys as pgpKey.
[[nodiscard]] std::string export_ldif(const std::vector<KeyRecord>& keys);

}  // namespace postern::crypto
