#include "portal/passphrase.hpp"

#include "base/ascii.hpp"

namespace postern::portal {
namespace {

constexpr std::string_view list_file =
#include "portal_words/eff_long.txt.inc"
    ;
constexpr std::size_t longest_typed = 200;  // octets that are looked at

std::vector<std::string_view> words_of(std::string_view file) {
  std::vector<std::string_view> words;
  for (std::size_t end = 0; (end = file.find('\n')) != std::string_view::npos; file.remove_prefix(end + 1))
    if (const auto line = file.substr(0, end); !line.empty() && !line.starts_with('#')) words.push_back(line);
  return words;
}

Secret secret_of(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

/// Its letters, in lower case.
Secret letters_of(std::string_view typed) {
  Secret letters(std::min(typed.size(), longest_typed));
  std::size_t size = 0;
  for (const char c : typed.substr(0, longest_typed))
    if (is_alphanumeric(c) && !is_digit(c)) letters.bytes()[size++] = static_cast<std::uint8_t>(to_lower(c));
  return Secret(std::span(std::as_const(letters).bytes()).first(size));
}

}  // namespace

const std::vector<std::string_view>& passphrase_list() {
  static const std::vector<std::string_view> words = words_of(list_file);
  return words;
}

Secret make_passphrase(Random& random) {
  const auto& list = passphrase_list();
  std::string text;
  for (std::size_t i = 0; i < passphrase_words; ++i) {
    if (i > 0) text += ' ';
    text += list[random.below(list.size())];
  }
  return secret_of(text);
}

bool has_letters(std::string_view typed) {
  return !letters_of(typed).empty();
}

Result<Secret> stretch(std::string_view typed, const Stretching& how) {
  return crypto::argon2id(letters_of(typed), how.salt, how.cost);
}

Result<Stretched> stretch_anew(std::string_view passphrase, Random& random) {
  Secret salt(crypto::argon2_salt_size);
  random.fill(salt.bytes());
  Stretching how{std::string(salt.text()), {}};
  auto key = stretch(passphrase, how);
  if (!key) return fail(key.error());
  return Stretched{std::move(how), std::move(*key)};
}

}  // namespace postern::portal
