// Base 32 without padding, five bits a character: RFC 4648 §6, in lower case, or with another alphabet of 32 letters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

inline constexpr std::string_view base32_letters = "abcdefghijklmnopqrstuvwxyz234567";

/// Bits that are left over at the end go into one more character.
[[nodiscard]] inline std::string format_base32(std::string_view octets, std::string_view letters = base32_letters) {
  std::string text;
  unsigned bits = 0, held = 0;
  for (const char octet : octets) {
    held = (held << 8 | static_cast<unsigned char>(octet)) & 0xFFFU;  // at most 4 bits were left
    for (bits += 8; bits >= 5; bits -= 5)
      text += letters[held >> (bits - 5) & 0x1FU];
  }
  if (bits > 0) text += letters[held << (5 - bits) & 0x1FU];
  return text;
}

/// Upper case is taken too. Nothing where a character, or the last bits, are not what format_base32 writes.
[[nodiscard]] inline std::optional<std::string> parse_base32(std::string_view text) {
  std::string octets;
  unsigned bits = 0, held = 0;
  for (const char c : text) {
    const std::size_t value = base32_letters.find(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    if (value == std::string_view::npos) return std::nullopt;
    held = (held << 5 | static_cast<unsigned>(value)) & 0xFFFU;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    octets += static_cast<char>(held >> bits & 0xFFU);
  }
  if (bits >= 5 || (held & ((1U << bits) - 1)) != 0) return std::nullopt;
  return octets;
}

}  // namespace postern
