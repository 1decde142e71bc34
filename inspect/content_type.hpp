// A Content-Type field for structure's sake: the type, and the boundary (RFC 2045 §5.1, RFC 2046 §5.1.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::inspect {

struct ContentType {
  std::string type, subtype;  // lower case
  std::optional<std::string> boundary;
};

/// Unfolded or not, comments allowed. Nothing where there is no type/subtype.
[[nodiscard]] std::optional<ContentType> parse_content_type(std::string_view raw);

}  // namespace postern::inspect
