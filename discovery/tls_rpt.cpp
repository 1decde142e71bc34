#include "discovery/tls_rpt.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "discovery/tag_list.hpp"

namespace postern::discovery {
namespace {

constexpr std::string_view version = "v=TLSRPTv1";

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// RFC 3986's characters without ',', ';' and '!', which are written with '%' here (§3).
bool is_uri(std::string_view text) {
  const std::string lower = lowered(text);
  const std::string_view rest = lower.starts_with("mailto:")    ? text.substr(7)
                                : lower.starts_with("https://") ? text.substr(8)
                                                                : std::string_view();
  if (rest.empty()) return false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c <= 0x20 || c >= 0x7f || std::string_view("\"<>\\^`{|},;!").find(c) != std::string_view::npos) return false;
    if (c == '%' && (i + 2 >= rest.size() || !is_hex(rest[i + 1]) || !is_hex(rest[i + 2]))) return false;
  }
  return true;
}

std::optional<std::vector<std::string>> parse_uris(std::string_view list) {
  std::vector<std::string> uris;
  for (bool more = true; more;) {
    const std::size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    const std::string_view uri = trimmed(list.substr(0, comma));
    list.remove_prefix(more ? comma + 1 : list.size());
    if (!is_uri(uri)) return std::nullopt;
    uris.emplace_back(uri);
  }
  return uris;
}

}  // namespace

Result<std::vector<std::string>> parse_tls_rpt(std::string_view text) {
  const auto wrong = [](const char* what) { return fail(Errc::invalid, std::string("the TLS-RPT record ") + what); };
  const auto tags = parse_tag_list(text, version);
  if (!tags) return wrong("is no list of fields");
  std::vector<std::string> uris;
  for (const Tag& tag : *tags) {
    if (tag.name == "rua") {
      const auto more = parse_uris(tag.value);
      if (!more) return wrong("names an address that is neither mailto nor https");
      uris.insert(uris.end(), more->begin(), more->end());
    } else if (!is_extension_value(tag.value)) {
      return wrong("has a field without a proper value");
    }
  }
  if (uris.empty()) return wrong("names no address for reports");
  return uris;
}

std::vector<std::string> parse_tls_rpt_records(const std::vector<std::string>& records) {
  const auto is_ours = [](const std::string& text) { return claims_version(text, version); };
  if (std::ranges::count_if(records, is_ours) != 1) return {};
  return parse_tls_rpt(*std::ranges::find_if(records, is_ours)).value_or(std::vector<std::string>());
}

}  // namespace postern::discovery
