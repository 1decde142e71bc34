// Which key signs for a sender. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/key_record.hpp"
#include "mail/address.hpp"

namespace postern::crypto {

/// A secret key that we hold: the record of its public part.
struct SignerChoice {
  std::optional<KeyRecord> key;
  std::string why;  // one line: whose key it is, or why there is none
};

/// The key with the From address in a user id; else a key of the From domain ("@clinic.example" among its addresses),
/// and that only where the recipient's side pinned it (`pinned`: fingerprints): elsewhere readers would show a
/// signature by somebody who is not the sender, which people learn to ignore. Of several the newest that holds at
/// `now`.
[[nodiscard]] SignerChoice choose_signer(const mail::Address& from, const std::vector<KeyRecord>& ours,
                                         const std::vector<std::string>& pinned, Time now);

}  // namespace postern::crypto
