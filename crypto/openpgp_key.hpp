// A stranger's OpenPGP key (a transferable public key, RFC 4880 §11.1): what it says of itself, and whether one can
// encrypt to it now. Hostile input: sizes and numbers are bounded before librnp reads it, and what nobody here needs
// (photographs, other people's certifications) is left out of what is kept.
//
//   for (const OpenpgpKey& key : parse_openpgp_keys(file)->keys)
//     if (auto part = encryption_part(key, clock.now())) …            // or why not, for an administrator
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::crypto {

/// The primary key, or a subkey.
struct OpenpgpPart {
  std::string fingerprint;  // lower-case hexadecimal
  std::string algorithm;    // "RSA", "ECDH", … or "algorithm 25"
  unsigned bits = 0;
  Time created{};
  std::optional<Time> expires, revoked;
  bool signs = false, encrypts = false;  // its flags allow it
  std::string unusable;                  // why it is never used, whatever the time; empty: it may be
};

struct OpenpgpKey {
  std::string bytes;  // binary, without what nobody here needs
  OpenpgpPart primary;
  std::vector<OpenpgpPart> subkeys;
  std::vector<std::string> user_ids;   // whose self-signature holds and that are not revoked
  std::vector<std::string> addresses;  // theirs: lower-case, domains as A-labels
};

struct OpenpgpKeyFile {
  std::vector<OpenpgpKey> keys;
  std::vector<std::string> refused;  // one line for each key that is not read, and why
};

struct OpenpgpLimits {
  std::size_t octets = 1U << 20;  // of the file
  std::size_t packets = 5'000;    // in the file
  std::size_t keys = 10;          // in the file
  std::size_t kept = 200;         // packets of one key that are its own: each may be a signature to verify
};

/// Armoured (any number of blocks) or binary. An Error: nothing in it is a key, or a limit is passed.
[[nodiscard]] Result<OpenpgpKeyFile> parse_openpgp_keys(std::string_view file, const OpenpgpLimits& limits = {});
/// Exactly one, that can be read.
[[nodiscard]] Result<OpenpgpKey> parse_openpgp_key(std::string_view bytes);

/// The part to encrypt to at `now`: the newest subkey that is for encryption and holds, else the primary key where it
/// is for encryption. One part and not all of them: an older subkey that was left unrevoked may be in other hands, and
/// gpg, librnp and OpenPGP.js choose the same one. Errc::invalid names the key and says why there is none.
[[nodiscard]] Result<OpenpgpPart> encryption_part(const OpenpgpKey& key, Time now);

/// The key with nothing to encrypt to but `part` (one of its own), for programs that would choose for themselves.
[[nodiscard]] std::string only_with(const OpenpgpKey& key, const OpenpgpPart& part);

/// When nobody can encrypt to it any more, as far as it is known now.
[[nodiscard]] std::optional<Time> usable_until(const OpenpgpKey& key, Time now);

}  // namespace postern::crypto
