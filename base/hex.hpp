// Octets as people and records write them: two lower-case digits each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace postern {

[[nodiscard]] inline std::string format_hex(std::span<const std::uint8_t> octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * octets.size());
  for (const std::uint8_t octet : octets) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

[[nodiscard]] inline std::string format_hex(std::string_view octets) {
  return format_hex(std::span(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()));
}

}  // namespace postern
