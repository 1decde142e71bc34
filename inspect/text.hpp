// UTF-8 → the text that is scanned: without the differences that an eye does not see.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::inspect {

/// Valid UTF-8 in, valid UTF-8 out: invisible characters and NUL are gone, typographic spaces, hyphens,
/// quotes and full-width forms are their ASCII relatives, CRLF is LF, a run of blanks is its first one, and
/// no blank touches a line end (so that a phrase that was wrapped has exactly one white-space octet between
/// its words).
[[nodiscard]] std::string normalise(std::string_view text);

/// Is the code point a letter or digit (or a mark, or unknown) for the purpose of whole words?
[[nodiscard]] bool is_word(std::uint32_t code_point);

}  // namespace postern::inspect
