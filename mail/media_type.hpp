// What a Content-Type says (RFC 2045 §5.1): type and parameters, without judgement.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::mail {

struct MediaType {
  std::string type;                                             // "text/plain", lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, values without quotes, in order
  /// The first of that name; nothing where there is none. Continued ones (RFC 2231) are not put together.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

/// Of a field's raw value. Nothing where it does not follow the grammar to its last octet: whoever must be sure asks
/// here.
[[nodiscard]] std::optional<MediaType> parse_media_type(std::string_view raw);

}  // namespace postern::mail
