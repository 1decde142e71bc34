// A domain's MTA-STS policy (RFC 8461 §3.2): which of its mail servers may get its mail, and whether that is enforced.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

enum class StsMode { none, testing, enforce };
[[nodiscard]] std::string_view format_sts_mode(StsMode mode);

struct StsPolicy {
  StsMode mode = StsMode::none;
  std::vector<std::string> mx;  // "mx1.lab.example", "*.lab.example", as the DNS spells them, lower case
  std::chrono::seconds max_age{};
  bool operator==(const StsPolicy&) const = default;
};

/// A pattern in the form that StsPolicy has; nothing where it can match no host, as an address cannot.
[[nodiscard]] std::optional<std::string> parse_sts_pattern(std::string_view text);

/// RFC 8461 §4.1: "*." stands for one label. `host` as the DNS spells it; a final dot does not count.
[[nodiscard]] bool sts_allows(const StsPolicy& policy, std::string_view host);
[[nodiscard]] bool sts_pattern_matches(std::string_view pattern, std::string_view host);

}  // namespace postern::mail
