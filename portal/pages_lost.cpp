// Every way not to get on, as one page with another text.
#include "portal/icons.hpp"
#include "portal/page_frame.hpp"

namespace postern::portal {
namespace {

const Heading& what_to_say(const Texts& texts, Lost why) {
  switch (why) {
    case Lost::no_message: return texts.no_message;
    case Lost::session_over: return texts.session_over;
    case Lost::ended: return texts.ended;
    case Lost::too_many: return texts.slow_down;
    case Lost::bad_request: return texts.bad_request;
    case Lost::not_found: return texts.not_found;
    case Lost::too_large: return texts.too_large;
    case Lost::trouble: return texts.trouble;
  }
  return texts.trouble;
}

}  // namespace

std::string lost_page(const Look& look, Lost why) {
  const Heading& what = what_to_say(texts(look.language), why);
  return framed(look, {.title = say(what.heading),
                       .main = "<section class=\"card\">\n<div class=\"emblem\">"_html + icons::closed_letter() +
                               "</div>\n<h1>"_html + say(what.heading) + "</h1>\n<p class=\"lead\">"_html +
                               say(what.text) + "</p>\n</section>\n"_html});
}

}  // namespace postern::portal
