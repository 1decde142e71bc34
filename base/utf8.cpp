#include "base/utf8.hpp"

namespace postern {
namespace {

/// How many octets the first one announces, and the bits that it gives.
struct Lead {
  std::size_t octets;
  std::uint32_t bits, least;  // `least`: below it a shorter form exists
};

Lead lead_of(unsigned char first) {
  if (first < 0x80) return {1, first, 0};
  if ((first & 0xe0) == 0xc0) return {2, first & 0x1fU, 0x80};
  if ((first & 0xf0) == 0xe0) return {3, first & 0x0fU, 0x800};
  if ((first & 0xf8) == 0xf0) return {4, first & 0x07U, 0x10000};
  return {0, 0, 0};
}

bool is_surrogate(std::uint32_t code) {
  return code >= 0xd800 && code < 0xe000;
}
bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

}  // namespace

Utf8Character decode_utf8(std::string_view text) {
  const Lead lead = text.empty() ? Lead{0, 0, 0} : lead_of(static_cast<unsigned char>(text.front()));
  if (lead.octets == 0 || text.size() < lead.octets) return {};
  std::uint32_t code = lead.bits;
  for (std::size_t i = 1; i < lead.octets; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    code = code << 6 | (next & 0x3fU);
  }
  if (code < lead.least || code > 0x10ffff || is_surrogate(code)) return {};
  return {code, lead.octets};
}

std::size_t utf8_character(std::string_view text) {
  const Utf8Character character = decode_utf8(text);
  return is_control(character.code) ? 0 : character.octets;
}

}  // namespace postern
