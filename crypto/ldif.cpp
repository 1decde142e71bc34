#include "crypto/ldif.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/base64.hpp"

namespace postern::crypto {
namespace {

/// A line with what was folded into it (RFC 2849, note 2), and its number.
struct Line {
  std::string text;
  std::size_t number = 0;
};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Without comments; those may be folded too.
std::vector<Line> unfold(std::string_view text) {
  std::vector<Line> lines;
  bool in_comment = false;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (line.starts_with(' ')) {
      if (!in_comment && !lines.empty()) lines.back().text += line.substr(1);
      continue;
    }
    in_comment = line.starts_with('#');
    if (!in_comment) lines.push_back({std::string(line), number});
  }
  return lines;
}

Result<std::pair<std::string, std::string>> parse_attribute(const Line& line) {
  const auto wrong = [&](const char* why) {
    return fail(Errc::invalid, "line " + std::to_string(line.number) + ": " + why);
  };
  const std::string_view text = line.text;
  const std::size_t colon = text.find(':');
  std::string name = lowered(text.substr(0, std::min(colon, text.size())));
  // RFC 2849 AttributeDescription
  if (colon == std::string_view::npos || name.empty() ||
      !std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == ';'; }))
    return wrong("no attribute");
  std::string_view value = text.substr(colon + 1);
  if (value.starts_with('<')) return wrong("a value that lies elsewhere is not fetched");
  if (!value.starts_with(':')) return std::pair(std::move(name), std::string(trimmed(value, " ")));
  auto decoded = parse_base64(trimmed(value.substr(1), " "));
  if (!decoded) return wrong("not base64");
  return std::pair(std::move(name), std::move(*decoded));
}

Result<LdifEntry> parse_entry(const std::vector<Line>& lines) {
  LdifEntry entry;
  for (const Line& line : lines) {
    auto attribute = parse_attribute(line);
    if (!attribute) return fail(attribute.error());
    if (attribute->first == "changetype")
      return fail(Errc::invalid, "line " + std::to_string(line.number) + ": a change, and not an entry");
    entry.push_back(std::move(*attribute));
  }
  if (entry.front().first != "dn")
    return fail(Errc::invalid, "line " + std::to_string(lines.front().number) + ": an entry begins with dn:");
  return entry;
}

/// RFC 2849 SAFE-STRING.
bool is_safe(std::string_view value) {
  return is_ascii(value) && value.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos &&
         !value.starts_with(' ') && !value.starts_with(':') && !value.starts_with('<') && !value.ends_with(' ');
}

}  // namespace

bool looks_like_ldif(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty() || line.starts_with('#') || line.starts_with(' ')) continue;
    return line.starts_with("dn:") || line.starts_with("version:");
  }
  return false;
}

std::vector<Result<LdifEntry>> parse_ldif(std::string_view text) {
  std::vector<Result<LdifEntry>> entries;
  std::vector<Line> lines;
  const auto end_entry = [&] {
    if (!lines.empty() && lines.front().text.starts_with("version:")) lines.erase(lines.begin());
    if (!lines.empty()) entries.push_back(parse_entry(lines));
    lines.clear();
  };
  for (Line& line : unfold(text)) {
    if (line.text.empty()) {
      end_entry();
    } else {
      lines.push_back(std::move(line));
    }
  }
  end_entry();
  return entries;
}

std::string format_ldif(const LdifEntry& entry) {
  constexpr std::size_t width = 76;
  std::string text;
  for (const auto& [name, value] : entry) {
    const std::string line = is_safe(value) ? name + ": " + value : name + ":: " + format_base64(value);
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t take = at == 0 ? width : width - 1;  // a folded line begins with a space
      text += (at == 0 ? "" : " ") + line.substr(at, take) + "\n";
      at += take;
    }
  }
  return text + "\n";
}

}  // namespace postern::crypto
