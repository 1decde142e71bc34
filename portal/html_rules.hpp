// What may stand in HTML that we show: which tags, with which attributes, of which values. What is on no list is out.
//
// The lists are those of mail as it is written: text and structure, tables with the presentational attributes that
// Outlook's need, and images and links, whose addresses safe_html decides. No id, name or class: they would let a
// message answer to names that a page relies on, and reach styles that are not its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::portal {

enum class Fate {
  keep,       // the tag stays
  unwrap,     // it goes, what it holds stays: every tag that is on no list
  vanish,     // it goes with all that it holds
  raw,        // the same; what it holds is no markup but text up to its end tag
  void_,      // it goes and holds nothing
  plaintext,  // it goes, and all that follows is text
};

[[nodiscard]] Fate fate_of(std::string_view tag);  // in lower case
/// Holds nothing and has no end tag; of those that are kept.
[[nodiscard]] bool is_void(std::string_view tag);

/// Is the attribute on the tag's list? Names are in lower case.
[[nodiscard]] bool may_have(std::string_view tag, std::string_view attribute);
/// Its value as it may be written, still to be escaped; nothing where it is not what such an attribute holds. Not for
/// `href` and `src`.
[[nodiscard]] std::optional<std::string> safe_value(std::string_view tag, std::string_view attribute,
                                                    std::string_view value);

}  // namespace postern::portal
