// Text from a message as it may stand on a page: what is not to be seen is not in it. Of any octets, in linear time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::portal {

/// Line ends are line feeds, no control characters but those and tabs (U+FFFD instead), no byte order mark.
[[nodiscard]] std::string shown_text(std::string_view text);

/// A subject, a name: one line, blanks in a row are one, no control characters and none that turn the direction of what
/// follows; "…" where it was longer than `most` characters.
[[nodiscard]] std::string shown_line(std::string_view text, std::size_t most);

/// Paragraphs of format=flowed put together again (RFC 3676 §4): `text` is shown_text's.
[[nodiscard]] std::string unfold_flowed(std::string_view text, bool delete_space);

/// The first `most` octets at most, cut between characters.
[[nodiscard]] std::string_view first_octets(std::string_view text, std::size_t most);

/// Turns the direction of text, or is invisible: U+202A to 202E, U+2066 to 2069, U+200E, U+200F and their like.
[[nodiscard]] bool is_deceptive(char32_t character);

}  // namespace postern::portal
