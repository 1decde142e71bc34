// MTA-STS (RFC 8461): what the TXT record at _mta-sts and the policy file say. Pure; the look-ups are in sts_lookup.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "mail/sts.hpp"

namespace postern::discovery {

inline constexpr std::size_t longest_sts_policy = 64U << 10;        // octets; §3.3 asks for a limit
inline constexpr std::chrono::seconds longest_sts_age{31'557'600};  // §3.2

/// The id of the domain's policy (§3.1): of the TXT records exactly one must be an STS record, and it must be right.
/// Nothing: the domain has no MTA-STS.
[[nodiscard]] std::optional<std::string> parse_sts_records(const std::vector<std::string>& records);

/// §3.2. An Error says what is wrong with it, without its text. A max_age beyond a year is a year.
[[nodiscard]] Result<mail::StsPolicy> parse_sts_policy(std::string_view body);

/// §3.3: text/plain, whatever its parameters.
[[nodiscard]] bool is_sts_media_type(std::string_view content_type);

}  // namespace postern::discovery
