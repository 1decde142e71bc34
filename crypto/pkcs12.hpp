// PKCS #12 (RFC 7292): certificates and private keys under a password. Hostile input: how often a password is hashed,
// how deep bags lie and how many there are is bounded before anything is computed.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "crypto/certificate.hpp"

namespace postern::crypto {

struct Pkcs12 {
  std::vector<Certificate> certificates;
  std::vector<Secret> keys;  // PKCS #8 in PEM
};

[[nodiscard]] bool looks_like_pkcs12(std::string_view der);
/// Old forms too (RC2-40, 3DES), which Windows has written for long. Errc::denied: another password.
[[nodiscard]] Result<Pkcs12> parse_pkcs12(std::string_view der, const Secret& password);
/// The key in PKCS #8, in memory that is wiped.
[[nodiscard]] Secret format_private_key(EVP_PKEY* key);

}  // namespace postern::crypto
