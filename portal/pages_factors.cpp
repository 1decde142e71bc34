// The second step; how one signs in; an app or a passkey added, or removed.
#include "portal/pages_factors.hpp"

#include "base/base64.hpp"
#include "portal/icons.hpp"
#include "portal/page_frame.hpp"
#include "portal/password_fields.hpp"
#include "portal/qr.hpp"

namespace postern::portal {
namespace {

// Fields

struct Field {
  bool first = false;  // to be filled in
  bool wrong = false;
};

Markup state_of(const Field& field, const Markup& hint) {
  const Markup described = (field.wrong ? "trouble "_html : Markup()) + hint;
  return (field.first ? " autofocus"_html : Markup()) + (field.wrong ? " aria-invalid=\"true\""_html : Markup()) +
         (described.empty() ? Markup() : " aria-describedby=\""_html + described + "\""_html);
}

Markup digits_field(const Texts& texts, const Field& field) {
  return "<label for=\"digits\">"_html + say(texts.factors.digits_label) +
         "</label>\n<p class=\"hint\" id=\"digits-hint\">"_html + say(texts.factors.digits_hint) +
         "</p>\n<input class=\"code\" id=\"digits\" name=\"digits\" type=\"text\" inputmode=\"numeric\" "
         "autocomplete=\"one-time-code\" autocapitalize=\"off\" spellcheck=\"false\" required maxlength=\"12\""_html +
         state_of(field, "digits-hint"_html) + ">\n"_html;
}

Markup present_password(const Texts& texts, const std::string& masked, const Field& field) {
  return username_field(masked) +
         password_field(say(texts.password_label),
                        {"password", "current-password", field.first, say(texts.factors.password_hint), field.wrong});
}

// What the script works on

Markup data(std::string_view name, const Markup& value) {
  return " data-"_html + escape(name) + "=\""_html + value + "\""_html;
}

Markup octets(std::string_view name, std::string_view value) {
  return data(name, escape(format_base64url(value)));
}

Markup filled_in(std::initializer_list<std::string_view> names) {
  Markup fields;
  for (const std::string_view name : names)
    fields += "<input type=\"hidden\" name=\""_html + escape(name) + "\">\n"_html;
  return fields;
}

/// `fields` are those that the script fills in. Its button is not there without it.
Markup passkey_place(const Texts& texts, const PasskeyCall& call, bool make, const Markup& fields) {
  const FactorTexts& say_of = texts.factors;
  Markup listed;
  for (const std::string& id : call.credentials)
    listed += (listed.empty() ? Markup() : " "_html) + escape(format_base64url(id));
  const Markup call_data = data("passkey", make ? "make"_html : "sign"_html) + data("rp", escape(call.rp)) +
                           octets("challenge", call.challenge) + data("credentials", listed);
  const Markup new_one =
      data("rp-name", escape(call.rp_name)) + data("user", escape(call.user)) + octets("user-id", call.user_id);
  const Markup words = data("unsupported", say(say_of.unsupported)) + data("cancelled", say(say_of.cancelled)) +
                       data("known", say(say_of.known)) + data("failed", say(say_of.failed));
  return "<div"_html + call_data + (make ? new_one : Markup()) + words + ">\n"_html + fields +
         "<p class=\"alert\" role=\"alert\" hidden>"_html + icons::warning() +
         "<span></span></p>\n<noscript><p class=\"note\">"_html + icons::warning() + "<span>"_html +
         say(say_of.needs_script) + "</span></p></noscript>\n</div>\n"_html;
}

Markup script_button(const Words& words, bool second) {
  return (second ? "<button type=\"submit\" class=\"second\" hidden>"_html : "<button type=\"submit\" hidden>"_html) +
         say(words) + "</button>\n"_html;
}

Markup script() {
  return "<script src=\"/passkey.js\" defer></script>\n"_html;
}

// The second step

Markup what_is_wrong(const Texts& texts, const SecondStepPage& page) {
  switch (page.trouble) {
    case SecondStepPage::Trouble::none: return {};
    case SecondStepPage::Trouble::wrong_digits: return say(texts.wrong, page.tries_left);
    case SecondStepPage::Trouble::wrong_passkey: return say(texts.factors.passkey_wrong, page.tries_left);
    case SecondStepPage::Trouble::too_many: return say(texts.factors.digits_too_many);
  }
  return {};
}

Markup passkey_form(const Texts& texts, const SecondStepPage::Passkeys& passkeys, bool second) {
  return form(passkeys.form,
              passkey_place(texts, passkeys.call, false,
                            filled_in({"credential", "client-data", "authenticator-data", "signature"})) +
                  script_button(texts.factors.passkey_use, second));
}

// How one signs in

Markup factor(const Texts& texts, const Markup& icon, const Words& name, const SignInPage::Factor& one) {
  const Markup since = say(texts.factors.since, day_of(texts, one.since));
  return "<li><span class=\"badge\">"_html + icon + "</span><span class=\"what\"><span class=\"name\">"_html +
         say(name) + "</span> <span class=\"facts\">"_html + since + "</span></span>"_html +
         form(one.remove, "<button type=\"submit\" class=\"second\">"_html + say(texts.factors.remove) +
                              "<span class=\"unseen\">: "_html + say(name) + ", "_html + since +
                              "</span></button>\n"_html) +
         "</li>\n"_html;
}

Markup factors_of(const Texts& texts, const SignInPage& page) {
  if (!page.app && page.passkeys.empty()) return "<p>"_html + say(texts.factors.none) + "</p>\n"_html;
  Markup all;
  if (page.app) all += factor(texts, icons::phone(), texts.factors.app, *page.app);
  for (const SignInPage::Factor& one : page.passkeys)
    all += factor(texts, icons::passkey(), texts.factors.passkey, one);
  return "<ul class=\"factors\">\n"_html + all + "</ul>\n"_html;
}

Markup add_button(const std::optional<Form>& add, const Words& words) {
  if (!add) return {};
  return form(*add, "<button type=\"submit\" class=\"second\">"_html + say(words) + "</button>\n"_html);
}

// Changes

Markup what_is_wrong(const Texts& texts, ChangeTrouble trouble, const Words& refused) {
  switch (trouble) {
    case ChangeTrouble::none: return {};
    case ChangeTrouble::wrong_password: return say(texts.password_wrong);
    case ChangeTrouble::too_many: return say(texts.passphrase_too_many);
    case ChangeTrouble::refused: return say(refused);
  }
  return {};
}

Field password_state(ChangeTrouble trouble, bool first) {
  return {first, trouble == ChangeTrouble::wrong_password};
}

Markup way_back(const Texts& texts, std::string_view path) {
  return "<p>"_html + link(path, say(texts.factors.back)) + "</p>\n"_html;
}

/// "GEZD GNBV GY3T …"
Markup in_fours(std::string_view key) {
  Markup groups;
  for (std::size_t at = 0; at < key.size(); at += 4)
    groups += "<span>"_html + escape(key.substr(at, 4)) + "</span> "_html;
  return "<code class=\"fours\">"_html + groups + "</code>"_html;
}

}  // namespace

std::string second_step_page(const Look& look, const SecondStepPage& page) {
  using Trouble = SecondStepPage::Trouble;
  const Texts& texts = portal::texts(look.language);
  const Field field{page.trouble != Trouble::too_many, page.trouble == Trouble::wrong_digits};
  const Markup digits = page.digits ? form(*page.digits, digits_field(texts, field) + button(texts.open)) : Markup();
  Markup passkeys = page.passkeys ? passkey_form(texts, *page.passkeys, page.digits.has_value()) : Markup();
  if (page.digits && page.passkeys)
    passkeys = "<div class=\"aside\">\n<h2>"_html + say(texts.factors.passkey_or) + "</h2>\n"_html + passkeys +
               "</div>\n"_html;
  return framed(look, {.title = title_of(texts, page.trouble != Trouble::none, say(texts.factors.second_title)),
                       .main = card(icons::shield(), say(texts.factors.second_title),
                                    "<p class=\"lead\">"_html + say(texts.factors.second_lead) + "</p>\n"_html +
                                        alert(what_is_wrong(texts, page)) + digits + passkeys) +
                               (page.passkeys ? script() : Markup())});
}

std::string sign_in_page(const Look& look, const SignInPage& page) {
  const Texts& texts = portal::texts(look.language);
  const FactorTexts& say_of = texts.factors;
  const Markup who = "<dl class=\"envelope\">\n<div><dt>"_html + say(say_of.address) + "</dt><dd>"_html +
                     isolated(page.address) + "</dd></div>\n<div><dt>"_html + say(say_of.password) + "</dt><dd>"_html +
                     say(say_of.since, day_of(texts, page.password_since)) + "</dd></div>\n</dl>\n"_html +
                     add_button(page.change_password, say_of.change_password);
  const Markup second = "<div class=\"aside\">\n<h2>"_html + say(say_of.second) + "</h2>\n<p>"_html +
                        say(say_of.second_hint) + "</p>\n"_html + factors_of(texts, page) +
                        add_button(page.add_app, say_of.app_add) + add_button(page.add_passkey, say_of.passkey_add) +
                        "</div>\n"_html;
  return framed(
      look, {.title = say(say_of.sign_in_title),
             .main = card(icons::key(), say(say_of.sign_in_title),
                          who + second + "<p>"_html + link(page.back_path, say(texts.reply_back)) + "</p>\n"_html)});
}

std::string change_password_page(const Look& look, const ChangePasswordPage& page) {
  const Texts& texts = portal::texts(look.language);
  const bool bad_choice = page.fault != PasswordFault::none;
  const bool troubled = bad_choice || page.trouble != ChangeTrouble::none;
  const Markup wrong =
      bad_choice ? what_is_wrong(texts, page.fault) : what_is_wrong(texts, page.trouble, texts.password_wrong);
  const Markup fields = present_password(texts, page.masked, password_state(page.trouble, true)) +
                        password_field(say(texts.factors.new_password),
                                       {"chosen", "new-password", false,
                                        say(texts.choose_hint, escape(std::to_string(page.shortest))), bad_choice}) +
                        password_field(say(texts.choose_again_label), {"again", "new-password"}) + button(texts.choose);
  return framed(look, {.title = title_of(texts, troubled, say(texts.factors.change_password)),
                       .main = card(icons::key(), say(texts.factors.change_password),
                                    alert(wrong) + form(page.change, fields) + way_back(texts, page.back_path))});
}

std::string add_app_page(const Look& look, const AddAppPage& page) {
  const Texts& texts = portal::texts(look.language);
  const FactorTexts& say_of = texts.factors;
  const Markup code = qr_code(page.uri, say(say_of.app_picture)).value_or(Markup());
  const Markup fields = digits_field(texts, {false, page.trouble == ChangeTrouble::refused}) +
                        present_password(texts, page.masked, password_state(page.trouble, false)) +
                        button(say_of.app_keep);
  return framed(look, {.title = title_of(texts, page.trouble != ChangeTrouble::none, say(say_of.app_add)),
                       .main = card(icons::phone(), say(say_of.app_add),
                                    "<p class=\"lead\">"_html + say(say_of.app_scan) + "</p>\n"_html +
                                        alert(what_is_wrong(texts, page.trouble, say_of.app_refused)) + code +
                                        "<p class=\"quiet\">"_html + say(say_of.app_type) + "</p>\n<p>"_html +
                                        in_fours(page.key) + "</p>\n"_html + form(page.add, fields) +
                                        way_back(texts, page.back_path))});
}

std::string add_passkey_page(const Look& look, const AddPasskeyPage& page) {
  const Texts& texts = portal::texts(look.language);
  const FactorTexts& say_of = texts.factors;
  const Markup inside = present_password(texts, page.masked, password_state(page.trouble, true)) +
                        passkey_place(texts, page.call, true, filled_in({"client-data", "attestation"})) +
                        script_button(say_of.passkey_make, false);
  return framed(look, {.title = title_of(texts, page.trouble != ChangeTrouble::none, say(say_of.passkey_add)),
                       .main = card(icons::passkey(), say(say_of.passkey_add),
                                    "<p class=\"lead\">"_html + say(say_of.passkey_lead) + "</p>\n"_html +
                                        alert(what_is_wrong(texts, page.trouble, say_of.passkey_refused)) +
                                        form(page.add, inside) + way_back(texts, page.back_path)) +
                               script()});
}

std::string remove_factor_page(const Look& look, const RemoveFactorPage& page) {
  const Texts& texts = portal::texts(look.language);
  const FactorTexts& say_of = texts.factors;
  const Markup heading =
      page.passkey_since ? say(say_of.passkey_remove, day_of(texts, *page.passkey_since)) : say(say_of.app_remove);
  return framed(
      look,
      {.title = title_of(texts, page.trouble != ChangeTrouble::none, heading),
       .main = card(page.passkey_since ? icons::passkey() : icons::phone(), heading,
                    "<p class=\"lead\">"_html + say(say_of.remove_lead) + "</p>\n"_html +
                        alert(what_is_wrong(texts, page.trouble, say_of.failed)) +
                        form(page.remove, present_password(texts, page.masked, password_state(page.trouble, true)) +
                                              button(say_of.remove)) +
                        way_back(texts, page.back_path))});
}

}  // namespace postern::portal
