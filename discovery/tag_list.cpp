#include "discovery/tag_list.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace postern::discovery {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::size_t longest_name = 32;

}  // namespace

bool is_field_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name || !is_alphanumeric(name.front())) return false;
  return std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; });
}

bool claims_version(std::string_view text, std::string_view version) {
  if (!text.starts_with(version)) return false;
  text.remove_prefix(version.size());
  return text.empty() || text.front() == ';' || blanks.find(text.front()) != std::string_view::npos;
}

std::optional<std::vector<Tag>> parse_tag_list(std::string_view text, std::string_view version) {
  if (!claims_version(text, version)) return std::nullopt;
  std::vector<Tag> tags;
  std::size_t semicolon = text.find(';');
  if (!trimmed(text.substr(0, semicolon)).ends_with(version)) return std::nullopt;
  while (semicolon != std::string_view::npos) {
    text.remove_prefix(semicolon + 1);
    semicolon = text.find(';');
    std::string_view field = text.substr(0, semicolon);
    field.remove_prefix(std::min(field.find_first_not_of(blanks), field.size()));
    if (semicolon != std::string_view::npos) field = trimmed(field);
    if (field.empty() && semicolon == std::string_view::npos) break;  // one may stand at the end
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos || !is_field_name(field.substr(0, equals))) return std::nullopt;
    if (equals + 1 == field.size()) return std::nullopt;
    tags.push_back({std::string(field.substr(0, equals)), std::string(field.substr(equals + 1))});
  }
  if (tags.empty()) return std::nullopt;
  return tags;
}

bool is_extension_value(std::string_view value) {
  return !value.empty() &&
         std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7f && c != '=' && c != ';'; });
}

}  // namespace postern::discovery
