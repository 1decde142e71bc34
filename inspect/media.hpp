// What a media type promises: is it text, is it markup, or something that nothing here can read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/facts.hpp"

namespace postern::inspect {

/// "Text", "X-Foo" → "text/x-foo": lower case, only characters of a token, at most 127 octets.
[[nodiscard]] std::string clean_media_type(std::string_view type, std::string_view subtype);

[[nodiscard]] bool is_text(std::string_view media_type);
[[nodiscard]] bool is_markup(std::string_view media_type);  // HTML, XML and relatives
/// No control characters but white space, and valid UTF-8; or it begins with a byte order mark.
[[nodiscard]] bool looks_like_text(std::string_view octets);

/// Why a part of this type cannot be read, or nothing where its text is all there is. `names` are its file
/// names, a line each: a list of values that a sender labelled octet-stream is read as text when its name
/// says so too, and its octets do (`looks_like_text`).
[[nodiscard]] std::optional<mail::Uninspectable> unreadable(std::string_view media_type, std::string_view smime_type,
                                                            std::string_view names, bool looks_like_text);

}  // namespace postern::inspect
