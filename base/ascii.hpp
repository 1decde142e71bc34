// ASCII as protocols compare it, whatever the locale.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

[[nodiscard]] inline bool is_ascii(std::string_view text) {
  unsigned char all = 0;  // without a way out of the loop it is done 32 octets at a time
  for (const char c : text)
    all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  return all < 0x80;
}
/// How many octets at the front of `text` are ASCII.
[[nodiscard]] inline std::size_t ascii_length(std::string_view text) {
  constexpr std::size_t stride = 64;
  std::size_t length = 0;
  while (text.size() - length >= stride && is_ascii(text.substr(length, stride)))
    length += stride;
  while (length < text.size() && static_cast<unsigned char>(text[length]) < 0x80)
    ++length;
  return length;
}

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Without `blanks` at either end.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t") {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), to_lower);
  return lower;
}

}  // namespace postern
