#include "portal/password_fields.hpp"

namespace postern::portal {

/// `maxlength` counts otherwise than we do (UTF-16), so it only keeps out what is far too long.
Markup password_field(const Markup& label, const PasswordField& field) {
  const Markup name = escape(field.name);
  const Markup hint_id = field.hint.empty() ? Markup() : name + "-hint"_html;
  const Markup hint = field.hint.empty()
                          ? Markup()
                          : "<p class=\"hint\" id=\""_html + hint_id + "\">"_html + field.hint + "</p>\n"_html;
  const Markup described = (field.troubled ? "trouble "_html : Markup()) + hint_id;
  return "<label for=\""_html + name + "\">"_html + label + "</label>\n"_html + hint +
         "<input class=\"words\" id=\""_html + name + "\" name=\""_html + name +
         "\" type=\"password\" autocomplete=\""_html + escape(field.autocomplete) +
         "\" required maxlength=\"400\""_html + (field.first ? " autofocus"_html : Markup()) +
         (field.troubled ? " aria-invalid=\"true\""_html : Markup()) +
         (described.empty() ? Markup() : " aria-describedby=\""_html + described + "\""_html) + ">\n"_html;
}

Markup username_field(const std::string& masked) {
  return "<input class=\"unseen\" type=\"text\" name=\"username\" autocomplete=\"username\" value=\""_html +
         escape(masked) + "\" readonly tabindex=\"-1\" aria-hidden=\"true\">\n"_html;
}

Markup what_is_wrong(const Texts& texts, PasswordFault fault) {
  switch (fault) {
    case PasswordFault::none: return {};
    case PasswordFault::too_short: return say(texts.choose_short);
    case PasswordFault::too_long: return say(texts.choose_long);
    case PasswordFault::easy: return say(texts.choose_easy);
    case PasswordFault::differs: return say(texts.choose_differs);
  }
  return {};
}

}  // namespace postern::portal
