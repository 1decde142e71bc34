// RFC 3986 §2.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.hpp"

namespace postern {

[[nodiscard]] constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Nothing where a '%' is not followed by two hexadecimal digits.
[[nodiscard]] inline std::optional<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

/// Letters, digits and `plain` stay as they are; else each octet is written. `plain` is RFC 3986 §2.3's: what means the
/// same wherever it stands.
[[nodiscard]] inline std::string encode_percent(std::string_view text, std::string_view plain = "-._~") {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_alphanumeric(c) || plain.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    encoded += {'%', digits[octet >> 4], digits[octet & 15]};
  }
  return encoded;
}

}  // namespace postern
