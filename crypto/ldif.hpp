// LDIF content records (RFC 2849), as directories export them. Hostile input: whatever is not one is an Error.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace postern::crypto {

/// Attributes in order, their names in lower case with options ("usercertificate;binary"); the first is "dn".
using LdifEntry = std::vector<std::pair<std::string, std::string>>;

/// Does a text look like one: its first line that is no comment says "version:" or "dn:".
[[nodiscard]] bool looks_like_ldif(std::string_view text);
/// Values in base64 are decoded; those that lie elsewhere (":<") and records of changes are Errors. An Error of one
/// entry is told with its first line; the others are read.
[[nodiscard]] std::vector<Result<LdifEntry>> parse_ldif(std::string_view text);
/// One entry and the empty line behind it.
[[nodiscard]] std::string format_ldif(const LdifEntry& entry);

}  // namespace postern::crypto
