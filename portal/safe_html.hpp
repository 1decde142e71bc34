// HTML mail rebuilt: filtered (html_filter), parsed by gumbo as a browser would, then written anew with nothing but
// tags, attributes and styles of our own lists (html_rules, safe_style, safe_link), and read again until that changes
// nothing. What is not on a list is left out, never repaired; script, style, frames, SVG, MathML, form fields and their
// content vanish whole; other tags go and leave their text. <style> blocks are not turned into anything: a message
// looks plainer here than in a mail client. The oracle of its tests is DOMPurify in a browser.
//
//   const SafeHtml safe = safe_html(mail_html, [&](std::string_view cid) { return "/read/part/3"; });
//
// Limits: 2 MiB in; elements deeper than 500, or beyond 100,000 tags, lose their tags and keep their text. `cut`: there
// was more to show; what is too much for a parser is shown as text alone, and is `cut` too.
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

/// `local_image`: where the image of a "cid:" address is to be had, a path on this server, or "" for none; any other
/// image, "data:" included, stands for its alternative text. http, https and mailto links stay, with rel="noopener
/// noreferrer nofollow" target="_blank"; all other addresses go.
[[nodiscard]] SafeHtml safe_html(std::string_view html,
                                 const std::function<std::string(std::string_view content_id)>& local_image);

/// The words alone, with line ends where a reader sees them; not yet escaped.
[[nodiscard]] std::string html_text(std::string_view html);

}  // namespace postern::portal
