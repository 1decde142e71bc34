#include "mail/sts.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "mail/address.hpp"

namespace postern::mail {

std::string_view format_sts_mode(StsMode mode) {
  switch (mode) {
    case StsMode::none: return "none";
    case StsMode::testing: return "testing";
    case StsMode::enforce: return "enforce";
  }
  return "";
}

std::optional<std::string> parse_sts_pattern(std::string_view text) {
  const bool wildcard = text.starts_with("*.");
  if (wildcard) text.remove_prefix(2);
  const auto domain = Domain::parse(text);
  if (!domain || domain->is_literal()) return std::nullopt;
  const std::string name = lowered(domain->str());
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  if (std::ranges::all_of(last, is_digit)) return std::nullopt;  // an address
  return (wildcard ? "*." : "") + name;
}

bool sts_pattern_matches(std::string_view pattern, std::string_view host) {
  std::string name = lowered(host);
  if (name.ends_with('.')) name.pop_back();
  if (!pattern.starts_with("*.")) return name == pattern;
  const std::size_t dot = name.find('.');
  return dot != std::string::npos && dot > 0 && std::string_view(name).substr(dot) == pattern.substr(1);
}

bool sts_allows(const StsPolicy& policy, std::string_view host) {
  return std::ranges::any_of(policy.mx,
                             [host](const std::string& pattern) { return sts_pattern_matches(pattern, host); });
}

}  // namespace postern::mail
