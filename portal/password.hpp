// A password that a recipient chose: how it is compared, and which ones are not taken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "crypto/argon2.hpp"

namespace postern::portal {

inline constexpr std::size_t shortest_password = 10;  // characters
inline constexpr std::size_t longest_password = 200;  // octets as typed
inline constexpr double least_password_bits = 40;     // as zxcvbn estimates them

enum class PasswordFault { none, too_short, too_long, easy, differs };
/// `again`: as it was typed the second time. `known`: words that whoever guesses would try first, such as the address.
/// NIST SP 800-63B §5.1.1.2: length and common words count, no kinds of characters are asked for.
[[nodiscard]] PasswordFault judge_password(std::string_view typed, std::string_view again,
                                           const std::vector<std::string>& known);

/// As RFC 8265 §4.2 has it: other spaces are spaces, and characters are composed, since keyboards differ. What is no
/// UTF-8 is taken as it is. A key (key_size octets); takes a while, and `how.cost` of memory.
[[nodiscard]] Result<Secret> stretch_password(std::string_view typed, const crypto::Stretching& how);

}  // namespace postern::portal
