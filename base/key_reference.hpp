// Where a private key lies: in a secret that can be read (credential:NAME, file:PATH), or in a PKCS#11 token, which
// signs and never gives it away (RFC 7512):
//
//   pkcs11:token=clinic;object=seal?pin-source=credential:hsm-pin&module-path=/usr/lib/softhsm/libsofthsm2.so
//
// A PIN is a secret: it is named (pin-source), never written down (pin-value is an error).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "base/secret_ref.hpp"

namespace postern {

struct Pkcs11Key {
  std::string token, serial;  // which token; empty: whichever has the key
  std::string label, id;      // which key; id in octets, empty: by the label alone
  std::optional<SecretRef> pin;
  std::string module;  // path of the token's library
  bool operator==(const Pkcs11Key&) const = default;
};

using KeyReference = std::variant<SecretRef, Pkcs11Key>;

[[nodiscard]] Result<KeyReference> parse_key_reference(std::string_view text);
[[nodiscard]] std::string format_key_reference(const KeyReference& reference);

}  // namespace postern
