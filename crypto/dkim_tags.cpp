#include "crypto/dkim_tags.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "base/base64.hpp"

namespace postern::crypto {
namespace {

constexpr std::string_view folding = " \t\r\n";

bool is_tag_name(std::string_view text) {
  if (text.empty() || !is_alphanumeric(text.front()) || is_digit(text.front())) return false;
  return std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '_'; });
}

/// RFC 8616 §3: octets beyond ASCII are allowed.
bool is_tag_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return (octet < ' ' && !folding.contains(c)) || octet == 0x7f;
  });
}

}  // namespace

std::vector<std::string_view> dkim_words(std::string_view text, char separator) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    words.push_back(trimmed(text.substr(0, end), folding));
    if (end == text.size()) return words;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> dkim_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<DkimTags> DkimTags::parse(std::string_view text) {
  DkimTags list;
  std::vector<std::string_view> specs = dkim_words(text, ';');
  if (specs.back().empty()) specs.pop_back();  // a ';' at the end
  for (const std::string_view spec : specs) {
    const std::size_t equals = spec.find('=');
    if (equals == std::string_view::npos) return fail(Errc::invalid, "a tag without '='");
    const std::string_view name = trimmed(spec.substr(0, equals), folding);
    const std::string_view value = trimmed(spec.substr(equals + 1), folding);
    if (!is_tag_name(name) || !is_tag_value(value)) return fail(Errc::invalid, "a malformed tag");
    if (list.find(name)) return fail(Errc::invalid, "a tag that is there twice");
    list.tags_.push_back({name, value});
  }
  return list;
}

std::optional<std::string_view> DkimTags::find(std::string_view name) const {
  const auto found = std::ranges::find(tags_, name, &Tag::name);
  if (found == tags_.end()) return std::nullopt;
  return found->value;
}

std::optional<std::string> dkim_base64(std::string_view text) {
  std::string packed(text);
  std::erase_if(packed, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return parse_base64(packed);
}

}  // namespace postern::crypto
