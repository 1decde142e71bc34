// Private keys of identities at rest: AES-256-GCM under a key of their own, derived from the KEK (HKDF, RFC 5869). Each
// is bound to its fingerprint: what is sealed for one identity opens for no other.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

[[nodiscard]] Secret identity_key(const Secret& kek);

/// Nonce, ciphertext, tag.
[[nodiscard]] std::string seal_identity(const Secret& key, std::string_view fingerprint, const Secret& plain,
                                        Random& random);
/// Errc::corrupt: changed, moved to another identity, or sealed under another KEK.
[[nodiscard]] Result<Secret> open_identity(const Secret& key, std::string_view fingerprint, std::string_view sealed);

}  // namespace postern::crypto
