// RFC 4648 §4, strictly: what is decoded encodes to the same again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

[[nodiscard]] inline std::string format_base64(std::string_view octets) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8 | (i + j < octets.size() ? static_cast<unsigned char>(octets[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j <= octets.size() ? alphabet[three >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

/// In lines of `width` characters, each with its end.
[[nodiscard]] inline std::string format_base64_lines(std::string_view octets, std::size_t width,
                                                     std::string_view line_end) {
  const std::string text = format_base64(octets);
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += width) {
    lines += std::string_view(text).substr(at, width);
    lines += line_end;
  }
  return lines;
}

/// Nothing where a character, the padding or the last bits are wrong.
[[nodiscard]] inline std::optional<std::string> parse_base64(std::string_view text) {
  constexpr auto values = [] {
    std::array<std::int8_t, 256> made{};
    made.fill(-1);
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < alphabet.size(); ++i)
      made[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return made;
  }();
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string octets;
  octets.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets += static_cast<char>(bits >> count & 0xFF);
  }
  if ((bits & ((1U << count) - 1)) != 0 || count != 2 * padding) return std::nullopt;
  return octets;
}

/// RFC 4648 §5, without padding: for addresses of pages.
[[nodiscard]] inline std::string format_base64url(std::string_view octets) {
  std::string text = format_base64(octets);
  while (text.ends_with('='))
    text.pop_back();
  for (char& c : text)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

/// What format_base64url wrote, and nothing else.
[[nodiscard]] inline std::optional<std::string> parse_base64url(std::string_view text) {
  std::string standard(text);
  for (char& c : standard) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  standard.append((4 - standard.size() % 4) % 4, '=');
  return parse_base64(standard);
}

}  // namespace postern
