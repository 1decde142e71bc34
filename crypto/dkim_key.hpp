// DKIM's keys: a private one signs for a domain under a selector, its public half is a TXT record.
//
//   auto key = DkimKey::make(domain, "p1", private_key);     // or why it must not sign
//   publish(key->record_name(), key->record());              // "p1._domainkey.clinic.example", "v=DKIM1; k=rsa; p=…"
//   auto record = parse_dkim_record(txt);                    // a verifier's side
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "base/error.hpp"
#include "crypto/private_key.hpp"
#include "mail/address.hpp"

namespace postern::crypto {

enum class DkimAlgorithm { rsa_sha256, ed25519_sha256 };
[[nodiscard]] std::string_view format_dkim_algorithm(DkimAlgorithm algorithm);  // "rsa-sha256"

/// Labels of letters, digits and inner hyphens, separated by dots (RFC 6376 §3.1).
[[nodiscard]] bool is_dkim_selector(std::string_view text);
/// Where the public key of a selector is.
[[nodiscard]] std::string dkim_record_name(std::string_view selector, const mail::Domain& domain);

class DkimKey {
 public:
  /// RSA of 2048 to 4096 bits, or Ed25519. RFC 8301 §3.2 lets signers go down to 1024 bits and asks for 2048: a key
  /// that speaks for a clinic for years is not one that a state, or soon anybody, can factor. Verifiers need not know
  /// more than 4096.
  [[nodiscard]] static Result<DkimKey> make(mail::Domain domain, std::string selector, PrivateKey key);

  [[nodiscard]] const mail::Domain& domain() const { return domain_; }
  [[nodiscard]] const std::string& selector() const { return selector_; }
  [[nodiscard]] DkimAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] int bits() const { return key_.bits(); }
  [[nodiscard]] std::string record_name() const { return dkim_record_name(selector_, domain_); }
  [[nodiscard]] std::string record() const;
  /// Of the header's canonical text. The same text, the same signature.
  [[nodiscard]] Result<std::string> sign(std::string_view text) const;

 private:
  DkimKey(mail::Domain domain, std::string selector, PrivateKey key, DkimAlgorithm algorithm)
      : domain_(std::move(domain)), selector_(std::move(selector)), key_(std::move(key)), algorithm_(algorithm) {}

  mail::Domain domain_;
  std::string selector_;
  PrivateKey key_;
  DkimAlgorithm algorithm_;
};

/// A key record, read (RFC 6376 §3.6.1).
struct DkimRecord {
  DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256;
  std::shared_ptr<EVP_PKEY> key;   // null: revoked
  bool same_domain = false;        // t=s: `i=` is of the signing domain itself, not of one below it
  bool testing = false;            // t=y
  [[nodiscard]] int bits() const;  // 0 where it is revoked
};

/// The strings of a TXT record, joined. Errc::invalid: it can verify no signature of ours or anybody's, and why.
[[nodiscard]] Result<DkimRecord> parse_dkim_record(std::string_view text);

/// `signature` is made over the header's canonical text.
[[nodiscard]] bool dkim_signature_holds(const DkimRecord& record, std::string_view text, std::string_view signature);

}  // namespace postern::crypto
