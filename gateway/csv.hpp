// Comma-separated values (RFC 4180), read leniently about line ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::gateway {

using CsvRow = std::vector<std::string>;
/// Nothing where a quoted field does not end.
[[nodiscard]] std::optional<std::vector<CsvRow>> parse_csv(std::string_view text);

}  // namespace postern::gateway
