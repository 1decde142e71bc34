// Passkeys, on the relying party's side: W3C Web Authentication Level 2 (§7.1, §7.2), as a second factor of an account
// that is known already. Octets in, a verdict out: no device is asked, no network, and nothing is kept.
//
//   auto passkey = read_registration(rp, challenge, {client_data, attestation});      // to be kept with the account
//   auto counter = check_assertion(rp, challenge, *passkey, {client_data, authenticator_data, signature});
//
// The challenge is the caller's to choose at random, and to use once. Which passkey of the account it was (§7.2 step 5)
// is the caller's too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::crypto {

struct RelyingParty {
  std::string id;      // "secure.clinic.example"
  std::string origin;  // "https://secure.clinic.example"
};

struct Passkey {
  std::string id;     // of the credential
  int algorithm = 0;  // COSE: -7 ES256, -8 EdDSA, -257 RS256 with 2048 bits
  std::string key;    // x and y; x; modulus and exponent
  std::uint32_t counter = 0;
  bool operator==(const Passkey&) const = default;
};

inline constexpr std::size_t longest_credential_id = 1023;  // §4
inline constexpr std::size_t longest_passkey_key = 259;

/// What navigator.credentials.create gave.
struct Registration {
  std::string client_data;  // clientDataJSON
  std::string attestation;  // attestationObject: none, or by the passkey itself
};
[[nodiscard]] Result<Passkey> read_registration(const RelyingParty& rp, std::string_view challenge,
                                                const Registration& said);

/// What navigator.credentials.get gave.
struct Assertion {
  std::string client_data;  // clientDataJSON
  std::string authenticator_data;
  std::string signature;
};
/// The counter to be kept from now on.
[[nodiscard]] Result<std::uint32_t> check_assertion(const RelyingParty& rp, std::string_view challenge,
                                                    const Passkey& passkey, const Assertion& said);

}  // namespace postern::crypto
