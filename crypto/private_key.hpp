// A private key that signs or decrypts. Cheap to copy: copies share one key. Its text form is a Secret and nothing
// else; what is loaded lives in OpenSSL's memory until the last copy goes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/types.h>

#include "base/error.hpp"
#include "base/key_reference.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

enum class KeyAlgorithm { rsa, p256, p384, p521, ed25519, x25519, other };
[[nodiscard]] std::string_view format_key_algorithm(KeyAlgorithm algorithm);  // "rsa", "p256", …
[[nodiscard]] KeyAlgorithm algorithm_of(const EVP_PKEY* key);

class PrivateKey {
 public:
  /// PEM (PKCS#8, or a traditional form) without a pass phrase.
  [[nodiscard]] static Result<PrivateKey> parse(const Secret& pem);
  explicit PrivateKey(EVP_PKEY* owned);  // takes it over
  /// Of a token: what it needs lives as long as the last copy.
  explicit PrivateKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  /// Wherever it lies: a file, a credential, a PKCS#11 token (crypto/pkcs11.hpp tells the errors). `base` is what a
  /// relative file: is relative to. Blocking.
  [[nodiscard]] static Result<PrivateKey> load(const KeyReference& reference, const std::filesystem::path& base);

  /// PKCS #8 in PEM, without a pass phrase; what `parse` takes.
  [[nodiscard]] Result<Secret> pem() const;
  [[nodiscard]] KeyAlgorithm algorithm() const;
  [[nodiscard]] int bits() const;
  /// Not const: OpenSSL takes keys that it only reads as it takes those that it changes.
  [[nodiscard]] EVP_PKEY* get() const { return key_.get(); }

 private:
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace postern::crypto
