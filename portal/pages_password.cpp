// A password of the recipient's own: typed, chosen, outlived.
#include "portal/icons.hpp"
#include "portal/page_frame.hpp"
#include "portal/password_fields.hpp"

namespace postern::portal {
namespace {

using Trouble = PasswordPage::Trouble;

Markup what_is_wrong(const Texts& texts, Trouble trouble) {
  switch (trouble) {
    case Trouble::none: return {};
    case Trouble::wrong: return say(texts.password_wrong);
    case Trouble::too_many: return say(texts.passphrase_too_many);
  }
  return {};
}

}  // namespace

std::string password_page(const Look& look, const PasswordPage& page) {
  const Texts& texts = portal::texts(look.language);
  const Brand& brand = look.brand;
  const bool troubled = page.trouble != Trouble::none;
  const Markup sender = brand.name.empty() ? say(texts.service_alone) : emphasised(brand.name);
  const Markup field = password_field(say(texts.password_label),
                                      {"password", "current-password", true, say(texts.password_hint), troubled});
  const Markup forgotten = "<div class=\"aside\">\n<h2>"_html + say(texts.password_forgotten) + "</h2>\n<p>"_html +
                           say(texts.password_forgotten_hint) + "</p>\n"_html +
                           form(page.send_code, "<button type=\"submit\" class=\"second\">"_html +
                                                    say(texts.password_anew) + "</button>\n"_html) +
                           "</div>\n"_html;
  return framed(
      look,
      {.title = title_of(texts, troubled, say(texts.wait_title)),
       .main = card(icons::sealed_letter(), say(texts.wait_title),
                    "<p class=\"lead\">"_html + say(texts.wait_sender, sender, emphasised(page.recipient)) + " "_html +
                        say(texts.wait_until, day_of(texts, page.until)) + "</p>\n"_html +
                        alert(what_is_wrong(texts, page.trouble)) +
                        form(page.open, username_field(page.recipient) + field + button(texts.open)) + forgotten)});
}

std::string choose_page(const Look& look, const ChoosePage& page) {
  const Texts& texts = portal::texts(look.language);
  const bool troubled = page.fault != PasswordFault::none;
  const Markup fields = username_field(page.masked) +
                        password_field(say(texts.choose_label),
                                       {"password", "new-password", true,
                                        say(texts.choose_hint, escape(std::to_string(page.shortest))), troubled}) +
                        password_field(say(texts.choose_again_label), {"again", "new-password"}) + button(texts.choose);
  const Markup warning = page.anew ? "<p>"_html + say(texts.choose_anew_warning) + "</p>\n"_html : Markup();
  return framed(look, {.title = title_of(texts, troubled, say(texts.choose_title)),
                       .main = card(icons::key(), say(texts.choose_title),
                                    "<p class=\"lead\">"_html + say(texts.choose_lead, emphasised(page.recipient)) +
                                        "</p>\n"_html + alert(what_is_wrong(texts, page.fault)) +
                                        form(page.choose, fields) + "<div class=\"aside\">\n<p>"_html +
                                        say(texts.choose_warning) + "</p>\n"_html + warning + "</div>\n"_html)});
}

std::string outdated_page(const Look& look) {
  const Heading& what = portal::texts(look.language).outdated;
  return framed(look, {.title = say(what.heading),
                       .main = card(icons::closed_letter(), say(what.heading),
                                    "<p class=\"lead\">"_html + say(what.text) + "</p>\n"_html)});
}

}  // namespace postern::portal
