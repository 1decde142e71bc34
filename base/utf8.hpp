// Is it text? (RFC 3629)
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace postern {

[[nodiscard]] inline bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Octets of the character that begins `text` where it is well-formed UTF-8 and no control character; else 0.
[[nodiscard]] std::size_t utf8_character(std::string_view text);

[[nodiscard]] inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t octets = utf8_character(text);
    if (octets == 0) return false;
    text.remove_prefix(octets);
  }
  return true;
}

}  // namespace postern
