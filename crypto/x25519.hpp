// X25519 (RFC 7748): two who know each other's open half agree on a secret.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

inline constexpr std::size_t x25519_size = 32;  // octets of either half, and of what is agreed on

struct X25519Pair {
  Secret secret;
  std::string open;
};
[[nodiscard]] X25519Pair make_x25519_pair(Random& random);

/// Errc::invalid: no half of a pair, or one with which everybody would agree on the same (RFC 7748 §6.1).
[[nodiscard]] Result<Secret> agree_x25519(const Secret& ours, std::string_view theirs);

}  // namespace postern::crypto
