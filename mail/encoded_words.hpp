// Encoded words in header fields and file names (RFC 2047), as tolerantly as clients read them: in the middle
// of other text, with blanks inside, and with a character that is split between two of them.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

/// Unfolded raw value → UTF-8.
[[nodiscard]] std::string decode_encoded_words(std::string_view raw);

}  // namespace postern::mail
