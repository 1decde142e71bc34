// The sender's passphrase: words that posternd draws, that the sender tells the recipient, and without which the link
// opens nothing. It is a key (crypto/pickup_key.hpp), where a code only asks who is there.
//
// Four of 7,772 words: 51.7 bits. People type it as they heard it, so nothing but its letters counts; no word of the
// list begins another one, so that costs none of the bits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "crypto/argon2.hpp"

namespace postern::portal {

inline constexpr std::size_t passphrase_words = 4;

/// EFF's long word list.
[[nodiscard]] const std::vector<std::string_view>& passphrase_list();
/// "abacus tulip zebra honey"
[[nodiscard]] Secret make_passphrase(Random& random);

/// The same for all recipients of a deposit, who are told the same one.
using crypto::Stretching;
/// Could it be a passphrase at all?
[[nodiscard]] bool has_letters(std::string_view typed);
/// Of what somebody typed. Takes a while, and `how.cost` of memory.
[[nodiscard]] Result<Secret> stretch(std::string_view typed, const Stretching& how);

/// A passphrase as posternd needs it for a deposit: with a salt of its own.
struct Stretched {
  Stretching how;
  Secret key;
};
[[nodiscard]] Result<Stretched> stretch_anew(std::string_view passphrase, Random& random);

}  // namespace postern::portal
