#include "mail/xtext.hpp"

#include <optional>

namespace postern::mail {
namespace {

/// RFC 3461 §4 wants upper case.
std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

bool stands_for_itself(char c) {
  return c >= '!' && c <= '~' && c != '+' && c != '=';
}

}  // namespace

Result<std::string> decode_xtext(std::string_view text) {
  std::string octets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (stands_for_itself(text[i])) {
      octets.push_back(text[i]);
      continue;
    }
    const auto high = text[i] == '+' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (!low) return fail(Errc::invalid, "not xtext");
    octets.push_back(static_cast<char>(*high << 4 | *low));
    i += 2;
  }
  return octets;
}

bool is_xtext(std::string_view text) {
  return decode_xtext(text).has_value();
}

std::string encode_xtext(std::string_view octets) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : octets) {
    if (stands_for_itself(c)) {
      text.push_back(c);
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    text += {'+', digits[octet >> 4], digits[octet & 15]};
  }
  return text;
}

}  // namespace postern::mail
