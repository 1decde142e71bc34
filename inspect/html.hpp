// What a reader of an HTML part sees, in one tolerant pass. No document tree: hostile HTML costs time in
// proportion to its length and no recursion.
#pragma once

#include <string>
#include <string_view>

namespace postern::inspect {

/// Tags and comments out, entities decoded. A tag that breaks the line becomes a line end; every other tag,
/// and a comment, joins what stands on its two sides ("SS<!-- -->N" reads "SSN"). Script and style go. UTF-8
/// in and out.
[[nodiscard]] std::string html_to_text(std::string_view html);
/// Entities alone: the second reading, in which attributes, comments and scripts are still there.
[[nodiscard]] std::string decode_entities(std::string_view html);
/// The charset that a <meta> near the start declares; empty: none.
[[nodiscard]] std::string html_charset(std::string_view html);

}  // namespace postern::inspect
