// The way in: a message waits; a code was sent.
#include "portal/icons.hpp"
#include "portal/page_frame.hpp"

namespace postern::portal {
namespace {

Markup what_is_wrong(const Texts& texts, const CodePage& page) {
  switch (page.trouble) {
    case CodePage::Trouble::none: return {};
    case CodePage::Trouble::wrong: return say(texts.wrong, page.tries_left);
    case CodePage::Trouble::expired: return say(texts.expired);
    case CodePage::Trouble::too_many: return say(texts.too_many);
    case CodePage::Trouble::wait: return say(texts.wait, page.wait_seconds);
  }
  return {};
}

/// Whether what is typed could still be right.
bool takes_a_code(CodePage::Trouble trouble) {
  return trouble != CodePage::Trouble::expired && trouble != CodePage::Trouble::too_many;
}

Markup code_field(const Texts& texts, const CodePage& page) {
  const Markup described = page.trouble == CodePage::Trouble::none ? "hint"_html : "trouble hint"_html;
  const Markup invalid = page.trouble == CodePage::Trouble::wrong ? " aria-invalid=\"true\""_html : Markup();
  return "<label for=\"code\">"_html + say(texts.code_label) + "</label>\n<p class=\"hint\" id=\"hint\">"_html +
         say(texts.code_hint, page.digits) +
         "</p>\n<input class=\"code\" id=\"code\" name=\"code\" type=\"text\" inputmode=\"numeric\" "
         "autocomplete=\"one-time-code\" autocapitalize=\"off\" spellcheck=\"false\" required autofocus maxlength=\""_html +
         escape(std::to_string(2 * page.digits)) + "\" aria-describedby=\""_html + described + "\""_html + invalid +
         ">\n<button type=\"submit\">"_html + say(page.then_password ? texts.go_on : texts.open) + "</button>\n"_html;
}

}  // namespace

std::string wait_page(const Look& look, const WaitPage& page) {
  const Texts& texts = portal::texts(look.language);
  const Brand& brand = look.brand;
  const Markup sender = brand.name.empty() ? say(texts.service_alone) : emphasised(brand.name);
  const Markup steps = "<h2 class=\"quiet\">"_html + say(texts.wait_steps) + "</h2>\n<ol class=\"steps\">\n<li>"_html +
                       say(texts.step_send) + "</li>\n<li>"_html + say(texts.step_type) + "</li>\n<li>"_html +
                       say(texts.step_read) + "</li>\n</ol>\n"_html;
  return framed(
      look,
      {.title = say(texts.wait_title),
       .main = card(icons::sealed_letter(), say(texts.wait_title),
                    "<p class=\"lead\">"_html + say(texts.wait_sender, sender, emphasised(page.recipient)) +
                        "</p>\n"_html + steps + form(page.send_code, button(texts.send_code)) +
                        "<p class=\"quiet\">"_html + say(page.then_password ? texts.password_first : texts.no_account) +
                        " "_html + say(texts.wait_until, day_of(texts, page.until)) + "</p>\n"_html)});
}

std::string code_page(const Look& look, const CodePage& page) {
  const Texts& texts = portal::texts(look.language);
  const bool troubled = page.trouble != CodePage::Trouble::none;
  const bool takes = takes_a_code(page.trouble);
  const Markup field = takes ? form(page.open, code_field(texts, page)) : Markup();
  const Markup lead =
      takes ? "<p class=\"lead\">"_html + say(texts.code_sent, emphasised(page.recipient)) + "</p>\n"_html : Markup();
  // The one thing left to do is the page's button; else it stands back.
  const Markup again = form(page.send_again, (takes ? "<button type=\"submit\" class=\"second\">"_html
                                                    : "<button type=\"submit\" aria-describedby=\"trouble\">"_html) +
                                                 say(texts.send_again) + "</button>\n"_html);
  const Markup none_came =
      takes ? "<h2>"_html + say(texts.none_came) + "</h2>\n<p>"_html + say(texts.none_came_hint) + "</p>\n"_html
            : Markup();
  return framed(
      look, {.title = title_of(texts, troubled, say(texts.code_title)),
             .main = card(icons::key(), say(texts.code_title),
                          lead + alert(what_is_wrong(texts, page)) + field +
                              (takes ? "<div class=\"aside\">\n"_html + none_came + again + "</div>\n"_html : again))});
}

}  // namespace postern::portal
