// Argon2id (RFC 9106): a key from what people can say to each other. Slow and large on purpose: who guesses pays for
// each guess what this costs.
//
// The cost is RFC 9106 §4's second recommended one: 64 MiB, three passes, four lanes. The lanes are computed one after
// the other, on the caller's thread; whoever calls bounds how many do so at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

inline constexpr std::size_t argon2_salt_size = 16;  // octets

struct Argon2Cost {
  std::uint32_t kibibytes = 64U << 10;
  std::uint32_t passes = 3;
  std::uint32_t lanes = 4;
  bool operator==(const Argon2Cost&) const = default;
};
/// How something that people type becomes a key.
struct Stretching {
  std::string salt;  // argon2_salt_size octets
  Argon2Cost cost;
  bool operator==(const Stretching&) const = default;
};
/// Of what is read from elsewhere: no more than four times the memory and passes that are ours.
[[nodiscard]] bool is_sensible(const Argon2Cost& cost);
void encode(Writer& out, const Stretching& how);
/// Rejects what is not sensible.
[[nodiscard]] Stretching decode_stretching(Reader& in);

/// A key (key_size octets). Errc::unavailable: there is no such memory.
[[nodiscard]] Result<Secret> argon2id(const Secret& password, std::string_view salt, const Argon2Cost& cost = {});

}  // namespace postern::crypto
