// Our own signing key as an engine gets it: is it whole, without a pass phrase, and until when does it hold? Read by
// librnp, whichever engine signs.
#pragma once

#include <optional>
#include <string>

#include "crypto/openpgp.hpp"
#include "crypto/rnp.hpp"

namespace postern::crypto {

struct SigningKey {
  rnp::Context context;
  rnp::Key part;            // what signs: the primary key or a subkey
  std::string fingerprint;  // of it
  std::optional<Time> until;
};

/// Errc::invalid names the key as it was given, by its fingerprint.
[[nodiscard]] Result<SigningKey> read_signing_key(const OpenpgpSigner& signer);
[[nodiscard]] Result<void> check_not_expired(const OpenpgpSigner& signer, std::optional<Time> until, Time now);
/// "OpenPGP signing key 0123…"
[[nodiscard]] std::string signer_name(const OpenpgpSigner& signer);

}  // namespace postern::crypto
