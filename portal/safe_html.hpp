// HTML mail rebuilt: parsed by gumbo as a browser would, then written anew with nothing but tags, attributes and styles
// of our own lists. What is not on a list is left out, never repaired; script, style, frames, forms, SVG, MathML and
// their content vanish whole. The oracle of its tests is DOMPurify in a browser.
//
//   const SafeHtml safe = safe_html(mail_html, [&](std::string_view cid) { return "/read/part/3"; });
//
// Limits: 2 MiB in, 512 elements deep, 100,000 nodes; beyond them the text that was written so far stands and `cut`
// says so.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "portal/markup.hpp"

namespace postern::portal {

struct SafeHtml {
  Markup body;           // what stands inside <body>; every tag is closed
  unsigned blocked = 0;  // remote images and other remote content left out
  bool cut = false;
};

/// `local_image`: where the image of a "cid:" address is to be had, a path on this server, or "" for none. http, https
/// and mailto links stay, with rel="noopener noreferrer nofollow" target="_blank"; all other addresses go.
[[nodiscard]] SafeHtml safe_html(std::string_view html,
                                 const std::function<std::string(std::string_view content_id)>& local_image);

}  // namespace postern::portal
