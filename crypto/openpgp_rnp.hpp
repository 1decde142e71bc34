// OpenPGP by librnp, in this process: nothing is started, nothing is written anywhere.
//
// What leaves: SEIPDv1 (with MDC), AES-256, SHA-256, a binary literal packet without a name or time. Never compressed:
// what an attacker may put beside a secret would tell by the length of the whole what the secret is (as with CRIME), a
// reader would have to guard against bombs, and mail gains little.
//
// Keys stay loaded between calls, each in a context of its own that one call uses at a time: librnp verifies the
// self-signatures of a key that it loads, and validates an RSA secret key for some 50 ms before its first signature.
#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.hpp"
#include "crypto/openpgp.hpp"

namespace postern::crypto {

struct RnpEngineOptions {
  std::size_t kept_keys = 256;  // loaded ones that wait for their next use
};

/// `clock` decides what has expired, at every call; it must outlive the engine.
[[nodiscard]] std::unique_ptr<OpenpgpEngine> make_rnp_engine(const Clock& clock, const RnpEngineOptions& options = {});

}  // namespace postern::crypto
