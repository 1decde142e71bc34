// Is it text? (RFC 3629)
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ascii.hpp"

namespace postern {

struct Utf8Character {
  std::uint32_t code = 0;
  std::size_t octets = 0;  // 0: no well-formed UTF-8
};

/// What `text` begins with, control characters included.
[[nodiscard]] Utf8Character decode_utf8(std::string_view text);

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
