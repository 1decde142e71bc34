// What safe_html may have written, told by a parser and lists of their own: not those that wrote it.
#pragma once

#include <string>

namespace postern::portal {

/// Why `html` is not safe to show, or empty. Images may only be had at `image`.
[[nodiscard]] std::string unsafe_because(const std::string& html, const std::string& image);

}  // namespace postern::portal
