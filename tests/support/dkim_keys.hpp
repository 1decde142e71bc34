// Keys for DKIM, made on the spot, and the table that a verifier looks them up in instead of the DNS.
#pragma once

#include <map>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "crypto/dkim_key.hpp"
#include "crypto/dkim_verify.hpp"
#include "crypto/openssl.hpp"

namespace postern::test {

inline crypto::PrivateKey rsa_key(unsigned bits) {
  return crypto::PrivateKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
}
inline crypto::PrivateKey rsa_2048() {
  static const crypto::PrivateKey key = rsa_key(2048);
  return key;
}
inline crypto::PrivateKey ed25519_key() {
  return crypto::PrivateKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}
inline crypto::PrivateKey p256_key() {
  return crypto::PrivateKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

inline std::string private_pem(const crypto::PrivateKey& key) {
  const crypto::Bio out = crypto::write_bio();
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return std::string(crypto::contents(out));
}

inline crypto::DkimKey dkim_key(const std::string& domain, const std::string& selector, crypto::PrivateKey key) {
  return crypto::DkimKey::make(mail::Domain::parse(domain).value(), selector, std::move(key)).value();
}

/// Record names and records.
using DkimTable = std::map<std::string, std::string>;

inline DkimTable published(const std::vector<crypto::DkimKey>& keys) {
  DkimTable table;
  for (const crypto::DkimKey& key : keys)
    table[key.record_name()] = key.record();
  return table;
}

inline crypto::FindDkimKey find_in(DkimTable table) {
  return [table = std::move(table)](const std::string& name) -> Result<std::optional<std::string>> {
    const auto found = table.find(name);
    if (found == table.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace postern::test
