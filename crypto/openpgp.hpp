// OpenPGP engines behind one interface. The key store decides which keys; an engine encrypts with exactly the keys it
// is given, asks no trust database and looks nothing up. Blocking; one engine may be used by several threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

struct OpenpgpRecipient {
  std::string fingerprint;  // of the primary key, lower-case hexadecimal
  std::string key;          // the transferable public key (RFC 4880 §11.1), binary
};

struct OpenpgpSigner {
  std::string fingerprint;
  Secret key;  // the transferable secret key, binary, without a pass phrase
};

class OpenpgpEngine {
 public:
  virtual ~OpenpgpEngine() = default;
  /// A message in ASCII armour: `data` signed where there is a signer, and encrypted (SEIPDv1) to every one of `to`.
  /// Errc::invalid: a key that cannot be used, and which. Errc::unavailable, Errc::timed_out: the engine, not the key;
  /// later may be better.
  [[nodiscard]] virtual Result<std::string> seal(std::string_view data, const std::vector<OpenpgpRecipient>& to,
                                                 const std::optional<OpenpgpSigner>& signer) = 0;
};

}  // namespace postern::crypto
