// HTML before it is parsed: only tags and attributes of our lists (html_rules), in quotes, and text. No comments, no
// foreign content, nothing that a parser reads in another state than its usual one. So the parser that builds the tree
// meets a small language, and its work is bounded: it does not bound it itself.
//
// What a browser would show of odd mark-up may be lost here; nothing is gained by it, since all of it is written anew
// behind the parser as well.
#pragma once

#include <string>
#include <string_view>

namespace postern::portal {

struct FilteredHtml {
  std::string html;
  unsigned blocked = 0;  // elements that ask for something of another server
  bool cut = false;      // something that is never closed hid the rest
};

/// In time linear in the input's size. At most 100,000 tags, each of at most 64 attributes, about 512 deep: tags beyond
/// are left out, and their text stays.
[[nodiscard]] FilteredHtml filter_html(std::string_view html);

}  // namespace postern::portal
