// Words of ours in header fields, whatever they are: no control character reaches the line, and what is not ASCII is in
// encoded words (RFC 2047).
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

/// UTF-8 → an unstructured field's value ("Subject: " + …), folded where it is encoded.
[[nodiscard]] std::string format_header_text(std::string_view text);

/// UTF-8 → the phrase before an address (RFC 5322 §3.2.5).
[[nodiscard]] std::string format_display_name(std::string_view name);

}  // namespace postern::mail
