// "v=STSv1; id=…; ext=…": the form that the TXT records of MTA-STS (RFC 8461 §3.1) and TLS-RPT (RFC 8460 §3) share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::discovery {

struct Tag {
  std::string name, value;
};

/// Blanks are allowed around ';', and nowhere else unless a value's own grammar has them. Nothing where `text` is no
/// such list of at least one tag behind `version`. Values are not looked at, except that there is one.
[[nodiscard]] std::optional<std::vector<Tag>> parse_tag_list(std::string_view text, std::string_view version);

/// Does a TXT record claim to be one of `version`? Others beside it do not count.
[[nodiscard]] bool claims_version(std::string_view text, std::string_view version);

/// A letter or digit, then letters, digits, '_', '-' and '.': 32 at most. Of tags, and of a policy's fields.
[[nodiscard]] bool is_field_name(std::string_view name);

/// An extension's value: visible ASCII but '=' and ';'.
[[nodiscard]] bool is_extension_value(std::string_view value);

}  // namespace postern::discovery
