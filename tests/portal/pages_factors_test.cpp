// The second step and how it is set up, as they are shown. What holds of every page is in pages_test.cpp.
#include "portal/pages_factors.hpp"

#include <boost/test/unit_test.hpp>

#include "base/base64.hpp"
#include "html_tree.hpp"
#include "page_samples.hpp"

namespace {

using namespace postern;
using namespace postern::portal;
using namespace postern::test;

HtmlTree page_of(std::string_view name, Language language = Language::en) {
  for (const PageSample& page : page_samples({clinic(), language}))
    if (page.name == name) return parsed(page.html);
  BOOST_FAIL("there is no page " << name);
  return {};
}

/// Where the script looks.
Element place_of(const HtmlTree& tree) {
  for (const Element& one : tree.elements)
    if (one.has("data-passkey")) return one;
  return {};
}

BOOST_AUTO_TEST_SUITE(pages_of_factors)

BOOST_AUTO_TEST_CASE(ask_for_digits_as_phones_fill_them_in) {
  for (const char* name : {"second-step", "add-app"}) {
    const HtmlTree tree = page_of(name);
    const Element field = tree.where("name", "digits").at(0);
    BOOST_TEST(field.at("autocomplete") == "one-time-code");
    BOOST_TEST(field.at("inputmode") == "numeric");
    BOOST_TEST(field.has("required"));
    BOOST_TEST(tree.where("for", field.at("id")).size() == 1U);
    BOOST_TEST(!field.has("aria-invalid"));
  }
  BOOST_TEST(page_of("second-step-passkey").where("name", "digits").empty());
}

BOOST_AUTO_TEST_CASE(hand_the_script_what_the_browser_is_to_be_asked) {
  const Element sign = place_of(page_of("second-step")), make = place_of(page_of("add-passkey"));
  BOOST_TEST(sign.at("data-passkey") == "sign");
  BOOST_TEST(sign.at("data-rp") == "secure.clinic.example");
  BOOST_TEST(sign.at("data-challenge") == format_base64url(std::string(32, 'c')));
  BOOST_TEST(sign.at("data-credentials") ==
             format_base64url(std::string(16, '\1')) + " " + format_base64url(std::string(64, '\2')));
  BOOST_TEST(!sign.has("data-user"));
  BOOST_TEST(make.at("data-passkey") == "make");
  BOOST_TEST(make.at("data-rp-name") == "Riverside Clinic");
  BOOST_TEST(make.at("data-user") == "bob@lab.example");
  BOOST_TEST(make.at("data-user-id") == format_base64url(std::string(32, 'u')));
  for (const char* words : {"data-unsupported", "data-cancelled", "data-known", "data-failed"})
    BOOST_TEST(!make.at(words).empty(), words);
  BOOST_TEST(place_of(page_of("second-step", Language::de)).at("data-failed").starts_with("Das hat nicht"));
}

BOOST_AUTO_TEST_CASE(offer_no_button_that_needs_the_script_before_it_runs) {
  for (const char* name : {"second-step-passkey", "add-passkey"}) {
    const HtmlTree tree = page_of(name);
    BOOST_REQUIRE(tree.all("button").size() == 1U);
    BOOST_TEST(tree.all("button")[0].has("hidden"));
    BOOST_TEST(tree.all("noscript").size() == 1U);
  }
  const HtmlTree both = page_of("second-step");
  BOOST_REQUIRE(both.all("button").size() == 2U);
  BOOST_TEST(!both.all("button")[0].has("hidden"));  // that of the app
}

BOOST_AUTO_TEST_CASE(say_what_was_wrong_where_it_was) {
  const HtmlTree wrong = page_of("second-step-wrong");
  BOOST_TEST(wrong.where("id", "trouble").at(0).text == "This code is not right. You have 3 tries left.");
  BOOST_TEST(wrong.where("name", "digits").at(0).at("aria-describedby") == "trouble digits-hint");
  const HtmlTree removing = page_of("remove-passkey-wrong-password");
  BOOST_TEST(removing.where("name", "password").at(0).at("aria-invalid") == "true");
  BOOST_TEST(removing.all("title")[0].text.starts_with("Error: Remove the passkey of 28 November 2026?"));
}

BOOST_AUTO_TEST_CASE(list_what_there_is_and_tell_one_button_from_another) {
  const HtmlTree tree = page_of("sign-in");
  std::vector<std::string> buttons;
  for (const Element& one : tree.all("button"))
    buttons.push_back(one.text);
  BOOST_REQUIRE(buttons.size() == 5U);
  BOOST_TEST(buttons[0] == "Change your password");
  BOOST_TEST(buttons[1] == "Remove: Authenticator app, since 28 November 2026");
  BOOST_TEST(buttons[3] == "Remove: Passkey, since 1 December 2026");
  BOOST_TEST(buttons[4] == "Add a passkey");
  BOOST_TEST(page_of("sign-in-none").where("class", "factors").empty());
}

BOOST_AUTO_TEST_CASE(show_a_key_that_can_be_typed_and_scanned) {
  const HtmlTree tree = page_of("add-app");
  BOOST_TEST(tree.where("class", "fours").at(0).text == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ ");
  BOOST_TEST(tree.where("class", "qr").at(0).at("aria-label") == "QR code for your authenticator app");
}

BOOST_AUTO_TEST_CASE(are_not_changed_by_what_others_wrote) {
  const auto skeleton = [](const std::string& text) {
    const Form form{text, {{text, text}}};
    const PasskeyCall call{text, text, {text}, text, text, text};
    const Look look{clinic(), Language::en};
    std::string all;
    for (const std::string& html :
         {second_step_page(look, {form, SecondStepPage::Passkeys{call, form}}),
          sign_in_page(look, {text, {}, SignInPage::Factor{{}, form}, {}, form, form, text}),
          add_app_page(look, {text, "otpauth://x", text, form, text}), add_passkey_page(look, {text, call, form, text}),
          remove_factor_page(look, {text, Time(), form, text})}) {
      const HtmlTree tree = parsed(html);
      BOOST_TEST(tree.errors == 0U);
      all += tree.skeleton();
    }
    return all;
  };
  BOOST_TEST(skeleton("abcd") == skeleton("\"><i"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(the_script_fetches_nothing_and_writes_no_markup) {
  for (const char* what :
       {"fetch(", "XMLHttpRequest", "import", "innerHTML", "eval", "http:", "https:", "localStorage"})
    BOOST_TEST(passkey_script().find(what) == std::string_view::npos, what);
}

}  // namespace
