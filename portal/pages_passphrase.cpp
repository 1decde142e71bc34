// The way in with the sender's passphrase: one page.
#include "portal/icons.hpp"
#include "portal/page_frame.hpp"

namespace postern::portal {
namespace {

using Trouble = PassphrasePage::Trouble;

Markup what_is_wrong(const Texts& texts, Trouble trouble) {
  switch (trouble) {
    case Trouble::none: return {};
    case Trouble::wrong: return say(texts.passphrase_wrong);
    case Trouble::too_many: return say(texts.passphrase_too_many);
  }
  return {};
}

Markup field(const Texts& texts, Trouble trouble) {
  const Markup described = trouble == Trouble::none ? "hint"_html : "trouble hint"_html;
  const Markup invalid = trouble == Trouble::wrong ? " aria-invalid=\"true\""_html : Markup();
  // Shown as it is typed: it was heard, and is spelt by ear. Nothing of the browser's may keep, mend or send it.
  return "<label for=\"passphrase\">"_html + say(texts.passphrase_label) +
         "</label>\n<p class=\"hint\" id=\"hint\">"_html + say(texts.passphrase_hint) +
         "</p>\n<input class=\"words\" id=\"passphrase\" name=\"passphrase\" type=\"text\" autocomplete=\"off\" "
         "autocapitalize=\"off\" autocorrect=\"off\" spellcheck=\"false\" required autofocus maxlength=\"200\" "
         "aria-describedby=\""_html +
         described + "\""_html + invalid + ">\n<button type=\"submit\">"_html + say(texts.open) + "</button>\n"_html;
}

}  // namespace

std::string passphrase_page(const Look& look, const PassphrasePage& page) {
  const Texts& texts = portal::texts(look.language);
  const Brand& brand = look.brand;
  const bool troubled = page.trouble != Trouble::none;
  const Markup sender = brand.name.empty() ? say(texts.service_alone) : emphasised(brand.name);
  const Markup none_known = "<div class=\"aside\">\n<h2>"_html + say(texts.passphrase_unknown) + "</h2>\n<p>"_html +
                            say(texts.passphrase_unknown_hint) + "</p>\n<p>"_html +
                            say(texts.wait_until, day_of(texts, page.until)) + "</p>\n</div>\n"_html;
  return framed(look,
                {.title = title_of(texts, troubled, say(texts.wait_title)),
                 .main = card(icons::sealed_letter(), say(texts.wait_title),
                              "<p class=\"lead\">"_html + say(texts.wait_sender, sender, emphasised(page.recipient)) +
                                  "</p>\n"_html + alert(what_is_wrong(texts, page.trouble)) +
                                  form(page.open, field(texts, page.trouble)) + none_known)});
}

}  // namespace postern::portal
