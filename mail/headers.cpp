#include "mail/headers.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace postern::mail {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// The end of the line that begins at `at`, its CRLF included.
std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t end = text.find("\r\n", at);
  return end == std::string_view::npos ? text.size() : end + 2;
}

std::string_view without_blanks_at_end(std::string_view text) {
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

HeaderView::HeaderView(std::string_view section) {
  std::size_t at = 0;
  while (at < section.size()) {
    const std::size_t begin = at;
    at = line_end(section, at);
    if (section.substr(begin, at - begin) == "\r\n") break;  // the blank line
    while (at < section.size() && is_blank(section[at]))
      at = line_end(section, at);

    const std::string_view whole = section.substr(begin, at - begin);
    const std::size_t colon = whole.find(':');
    const std::string_view name = colon == std::string_view::npos ? "" : without_blanks_at_end(whole.substr(0, colon));
    if (name.empty() || is_blank(name.front()) || name.find("\r\n") != std::string_view::npos) {
      malformed_ = true;
      continue;
    }
    fields_.push_back({name, whole.substr(colon + 1), begin, whole.size()});
  }
}

std::vector<Field> HeaderView::all(std::string_view name) const {
  std::vector<Field> found;
  std::ranges::copy_if(fields_, std::back_inserter(found),
                       [&](const Field& field) { return equals_ignoring_case(field.name, name); });
  return found;
}

std::optional<Field> HeaderView::first(std::string_view name) const {
  const auto found =
      std::ranges::find_if(fields_, [&](const Field& field) { return equals_ignoring_case(field.name, name); });
  if (found == fields_.end()) return std::nullopt;
  return *found;
}

std::optional<std::size_t> header_length(std::string_view bytes, std::size_t seen) {
  constexpr std::string_view blank_line = "\r\n\r\n";
  if (bytes.starts_with("\r\n")) return 2;
  // What was seen may end in the midst of it.
  const std::size_t end = bytes.find(blank_line, seen - std::min(seen, blank_line.size() - 1));
  if (end == std::string_view::npos) return std::nullopt;
  return end + blank_line.size();
}

std::string unfold(std::string_view raw) {
  std::string text;
  for (const char c : raw) {
    if (c != '\r' && c != '\n') text += c;
  }
  return std::string(trimmed(text));
}

}  // namespace postern::mail
