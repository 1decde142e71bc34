// Private keys in PKCS#11 tokens: an HSM, a smart card, SoftHSM. By libp11, which makes an EVP_PKEY of an object.
//
//   auto key = open_pkcs11(reference, pin);     // Errc::unavailable: later may be better; Errc::denied: the PIN
//
// Blocking, and as slow as the token: behind `offload` with a deadline, on a bounded pool. A module is one for a
// process (C_Initialize), so it stays open here between keys; one that fails is closed when the last key of it goes,
// and opened anew with the next.
#pragma once

#include "base/error.hpp"
#include "base/key_reference.hpp"
#include "base/secret.hpp"
#include "crypto/private_key.hpp"

namespace postern::crypto {

/// Makes one signature with it, so that a token that is gone is found here and not in the midst of a message. A PIN
/// that a token has refused is not tried there again by this process: tokens lock themselves after a few.
/// Errc::not_found: the token has no such key; Errc::invalid: the reference asks for something that is not supported.
[[nodiscard]] Result<PrivateKey> open_pkcs11(const Pkcs11Key& key, const Secret& pin);

}  // namespace postern::crypto
