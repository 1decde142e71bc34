// Who signs: a sender's certificate or OpenPGP key with the private half, or with the place where that lies.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/key_reference.hpp"
#include "base/secret.hpp"
#include "crypto/key_record.hpp"
#include "crypto/private_key.hpp"

namespace postern::crypto {

struct SigningIdentity {
  KeyKind kind = KeyKind::certificate;
  std::string fingerprint;             // as in KeyRecord
  std::vector<std::string> addresses;  // lower-case, domains as A-labels; "@clinic.example" is all of a domain
  std::string bytes;                   // the certificate in DER; OpenPGP: the transferable public key, binary
  std::vector<std::string> chain;      // certificate: intermediates in DER that go with a signature
  /// The private half, opened: PKCS#8 in PEM, or a transferable secret key without a pass phrase; or where it lies.
  /// In what `identities` lists it is an empty Secret.
  std::variant<Secret, KeyReference> key;
  std::string source;  // "import: clinic.p12"
  Time added{};
  Time not_before{};
  std::optional<Time> not_after;  // nothing: it does not expire
};

/// Of a certificate. Blocking, and as slow as its HSM: behind `offload`, with a deadline. `base` is what a relative
/// file: is relative to. Errc::unavailable: later may be better (HSM gone); Errc::denied: wrong PIN; Errc::invalid: the
/// key is not the certificate's.
[[nodiscard]] Result<PrivateKey> load_signing_key(const SigningIdentity& identity, const std::filesystem::path& base);

/// Of an OpenPGP identity: the transferable secret key, binary.
[[nodiscard]] Result<Secret> load_openpgp_secret(const SigningIdentity& identity, const std::filesystem::path& base);

}  // namespace postern::crypto
