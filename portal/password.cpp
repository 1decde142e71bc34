#include "portal/password.hpp"

#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <zxcvbn.h>

namespace postern::portal {
namespace {

constexpr std::size_t looked_at = 100;  // octets: zxcvbn's time grows with the square

const std::uint8_t* octets_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool is_utf8(std::string_view text) {
  return u8_check(octets_of(text), text.size()) == nullptr;
}

std::size_t characters_in(std::string_view text) {
  return is_utf8(text) ? u8_mbsnlen(octets_of(text), text.size()) : text.size();
}

/// RFC 8265 §4.2.1, rule 2.
std::string with_plain_spaces(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    ucs4_t character = 0;
    const auto length = static_cast<std::size_t>(u8_mbtouc(&character, octets_of(text) + at, text.size() - at));
    plain += uc_is_general_category(character, UC_SPACE_SEPARATOR) ? " " : text.substr(at, length);
    at += length;
  }
  return plain;
}

Secret normalised(std::string_view typed) {
  if (!is_utf8(typed)) return Secret(std::span(octets_of(typed), typed.size()));
  const std::string plain = with_plain_spaces(typed);
  Secret composed(3 * plain.size() + 1);  // NFC makes nothing longer than that (Unicode Standard Annex 15)
  std::size_t size = composed.bytes().size();
  const std::uint8_t* done = u8_normalize(UNINORM_NFC, octets_of(plain), plain.size(), composed.bytes().data(), &size);
  if (done != composed.bytes().data()) return Secret(std::span(octets_of(plain), plain.size()));
  return Secret(std::span(std::as_const(composed).bytes()).first(size));
}

double bits_of(std::string_view typed, const std::vector<std::string>& known) {
  std::vector<const char*> words;
  for (const std::string& word : known)
    words.push_back(word.c_str());
  words.push_back(nullptr);
  return ZxcvbnMatch(std::string(typed.substr(0, looked_at)).c_str(), words.data(), nullptr);
}

}  // namespace

PasswordFault judge_password(std::string_view typed, std::string_view again, const std::vector<std::string>& known) {
  if (typed.size() > longest_password) return PasswordFault::too_long;
  if (characters_in(typed) < shortest_password) return PasswordFault::too_short;
  if (bits_of(typed, known) < least_password_bits) return PasswordFault::easy;
  return typed == again ? PasswordFault::none : PasswordFault::differs;
}

Result<Secret> stretch_password(std::string_view typed, const crypto::Stretching& how) {
  return crypto::argon2id(normalised(typed), how.salt, how.cost);
}

}  // namespace postern::portal
