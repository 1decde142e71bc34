// A style attribute rewritten: known properties with values that were understood, and nothing else.
//
//   safe_style("COLOR: Red; position:fixed; background:url(//x)")   // "color:red"
//
// No functions but rgb() and rgba(), no addresses, no escapes, comments, variables or "!important", nothing that takes
// a box out of the flow or lays it over another. What is written reads the same again: safe_style(safe_style(x)) ==
// safe_style(x).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::portal {

[[nodiscard]] std::string safe_style(std::string_view style);  // "a:b;c:d", or empty

/// "#0b5c6b", "rgb(1,2,3)", "windowtext"; also "0b5c6b", as attributes write it.
[[nodiscard]] std::optional<std::string> safe_colour(std::string_view value);
/// "Calibri", sans-serif → 'Calibri',sans-serif
[[nodiscard]] std::optional<std::string> safe_font_families(std::string_view value);

}  // namespace postern::portal
