// Visits of recipients who have a second step besides their password, or set one up.
#include "base/base32.hpp"
#include "portal/password.hpp"
#include "tests/portal/html_tree.hpp"
#include "tests/portal/site_scene.hpp"
#include "tests/support/soft_passkey.hpp"

namespace {

using namespace postern::test::site;
using postern::test::Ceremony;
using postern::test::Element;
using postern::test::SoftPasskey;

const std::string name = "an opaque name", good = "tulip violin harbour", other = "marble canyon whistle";

/// The attribute of the first element that has it.
std::string attribute(const net::HttpResult& page, const std::string& wanted) {
  for (const Element& one : postern::test::parsed(page.body).elements)
    if (one.has(wanted)) return one.at(wanted);
  return {};
}
std::string hidden(const net::HttpResult& page, const std::string& field) {
  for (const Element& one : postern::test::parsed(page.body).where("name", field))
    return one.at("value");
  return {};
}

struct WithSecondStep : Scene {
  SoftPasskey soft;
  Secret totp;

  Link deposited_for_account() {
    return deposited({"bob@lab.example", "en"}, *lock_for({name, store->account_halves({name})->front()}, random));
  }
  net::HttpResult sign_in(const Link& of, const std::string& password = good) {
    return post("/m/" + of.lookup + "/sign-in", "link=" + secret_of(of) + "&password=" + password);
  }
  /// In the message, by a password that has just been chosen.
  WithSecondStep() {
    const Link first = deposited_for_account();
    ask_for_code(first);
    const std::string ticket = hidden(enter(first, code()), "ticket");
    BOOST_REQUIRE_EQUAL(post("/m/" + first.lookup + "/choose",
                             "link=" + secret_of(first) + "&ticket=" + ticket + "&password=" + good + "&again=" + good)
                            .status,
                        303);
  }

  net::HttpResult change(const std::string& what, const std::string& body = "") {
    return post("/read/sign-in/" + what, body);
  }
  std::string digits(int step = 0) {
    return crypto::hotp(totp, crypto::totp_step(clock.now()) + static_cast<std::uint64_t>(step));
  }

  net::HttpResult add_app(const std::string& password = good) {
    const auto page = change("new-app");
    std::string key;
    for (const char c : postern::test::parsed(page.body).where("class", "fours").at(0).text)
      if (c != ' ') key += c;
    const std::string octets = parse_base32(key).value();
    totp = Secret(std::span(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()));
    return change("add-app", "ticket=" + hidden(page, "ticket") + "&digits=" + digits() + "&password=" + password);
  }
  std::string registration(const net::HttpResult& page, Ceremony with = {}) {
    with.challenge = parse_base64url(attribute(page, "data-challenge")).value();
    const auto said = soft.create(with);
    return "ticket=" + hidden(page, "ticket") + "&client-data=" + format_base64url(said.client_data) +
           "&attestation=" + format_base64url(said.attestation);
  }
  net::HttpResult add_passkey() {
    return change("add-passkey", registration(change("new-passkey")) + "&password=" + good);
  }

  /// At the second step of another message; its page.
  struct AtTheDoor {
    Link of;
    net::HttpResult page;
  };
  AtTheDoor at_the_door() {
    cookie.clear();
    Link of = deposited_for_account();
    auto page = sign_in(of);
    BOOST_TEST(get("/read").status == 403);
    return {std::move(of), std::move(page)};
  }
  net::HttpResult second(const AtTheDoor& door, const std::string& said) {
    return post("/m/" + door.of.lookup + "/second",
                "link=" + secret_of(door.of) + "&ticket=" + hidden(door.page, "ticket") + "&" + said);
  }
  std::string touched(const net::HttpResult& page, Ceremony with = {}) {
    with.challenge = parse_base64url(attribute(page, "data-challenge")).value();
    const auto said = soft.get(with);
    return "credential=" + format_base64url(soft.id()) + "&client-data=" + format_base64url(said.client_data) +
           "&authenticator-data=" + format_base64url(said.authenticator_data) +
           "&signature=" + format_base64url(said.signature);
  }
  Factors kept() {
    const Account account = **store->account(name);
    return open_box(account, *stretch_password(good, account.how))->factors;
  }
  bool has(EventKind kind) { return std::ranges::count(events(), kind) > 0; }
};

BOOST_FIXTURE_TEST_SUITE(visits_with_a_second_step, WithSecondStep)

BOOST_AUTO_TEST_CASE(the_message_leads_to_where_it_is_set_up_and_one_without_an_account_does_not) {
  BOOST_TEST(shows(get("/read"), "href=\"/read/sign-in\""));
  const auto page = get("/read/sign-in");
  BOOST_TEST(shows(page, "bob@lab.example"));
  BOOST_TEST(shows(page, "since 24 November 2025"));
  BOOST_TEST(shows(page, "You have not set one up."));
  cookie.clear();
  BOOST_TEST(get("/read/sign-in").status == 403);
  BOOST_TEST(change("new-app").status == 403);
  open();
  BOOST_TEST(!shows(get("/read"), "/read/sign-in"));
  BOOST_TEST(get("/read/sign-in").status == 404);
  BOOST_TEST(change("new-app").status == 404);
}

BOOST_AUTO_TEST_CASE(an_app_is_added_and_from_then_on_its_digits_are_asked_for_after_the_password) {
  const auto added = add_app();
  BOOST_TEST(added.status == 303);
  BOOST_TEST(field(added, "Location") == "/read/sign-in");
  BOOST_TEST(shows(get("/read/sign-in"), "Authenticator app"));
  BOOST_TEST(has(EventKind::second_step_added));
  const auto door = at_the_door();
  BOOST_TEST(door.page.status == 200);
  BOOST_TEST(shows(door.page, "One more step"));
  BOOST_TEST(!shows(door.page, "passkey.js"));
  BOOST_TEST(shows(second(door, "digits=" + digits()), "not right"));  // was used when it was added
  BOOST_TEST(has(EventKind::second_step_wrong));
  clock.forward(seconds(30));
  const auto in = second(door, "digits=" + digits());
  BOOST_TEST(in.status == 303);
  BOOST_TEST(shows(get("/read"), "A-WORD"));
  BOOST_TEST(shows(get("/read/sign-in"), "Authenticator app"));
}

BOOST_AUTO_TEST_CASE(a_step_that_was_used_is_kept_with_the_account) {
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  clock.forward(seconds(60));
  const auto door = at_the_door();
  const std::uint64_t step = crypto::totp_step(clock.now());
  BOOST_TEST(kept().totp->last_step < step);
  BOOST_REQUIRE_EQUAL(second(door, "digits=" + digits()).status, 303);
  BOOST_TEST(kept().totp->last_step == step);
}

BOOST_AUTO_TEST_CASE(a_passkey_is_added_and_signs_in) {
  soft.counter = 1;
  const auto page = change("new-passkey");
  BOOST_TEST(attribute(page, "data-passkey") == "make");
  BOOST_TEST(attribute(page, "data-rp") == "secure.clinic.example");
  BOOST_TEST(parse_base64url(attribute(page, "data-user-id")).value().size() == 32U);
  BOOST_REQUIRE_EQUAL(change("add-passkey", registration(page) + "&password=" + good).status, 303);
  const auto door = at_the_door();
  BOOST_TEST(attribute(door.page, "data-credentials") == format_base64url(soft.id()));
  BOOST_TEST(!shows(door.page, "name=\"digits\""));
  soft.counter = 2;
  BOOST_TEST(second(door, touched(door.page)).status == 303);
  BOOST_TEST(shows(get("/read"), "A-WORD"));
  BOOST_TEST(kept().passkeys.at(0).passkey.counter == 2U);
}

BOOST_AUTO_TEST_CASE(a_script_may_run_on_the_pages_of_passkeys_alone) {
  const std::string allowed = "script-src 'self'";
  BOOST_TEST(field(change("new-passkey"), "Content-Security-Policy").find(allowed) != std::string::npos);
  BOOST_TEST(field(change("new-app"), "Content-Security-Policy").find("script-src") == std::string::npos);
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  BOOST_TEST(field(at_the_door().page, "Content-Security-Policy").find("script-src") == std::string::npos);
  clock.forward(minutes(1));
  const auto door = at_the_door();
  BOOST_REQUIRE_EQUAL(second(door, "digits=" + digits()).status, 303);
  BOOST_REQUIRE_EQUAL(add_passkey().status, 303);
  BOOST_TEST(field(at_the_door().page, "Content-Security-Policy").find(allowed) != std::string::npos);
  BOOST_TEST(field(get("/read"), "Content-Security-Policy").find("script-src") == std::string::npos);
  const auto script = get("/passkey.js");
  BOOST_TEST(field(script, "Content-Type") == "text/javascript; charset=utf-8");
  BOOST_TEST(shows(script, "navigator.credentials.get"));
}

BOOST_AUTO_TEST_CASE(what_a_passkey_said_once_or_to_another_site_opens_nothing) {
  BOOST_REQUIRE_EQUAL(add_passkey().status, 303);
  const auto one = at_the_door();
  const std::string said = touched(one.page);
  BOOST_TEST(second(one, said).status == 303);
  const auto two = at_the_door();
  BOOST_TEST(shows(second(two, said), "This passkey was not right. You have 4 tries left."));
  const auto three = at_the_door();
  BOOST_TEST(second(three, touched(three.page, {.origin = "https://evil.example"})).status == 200);
  BOOST_TEST(get("/read").status == 403);
}

BOOST_AUTO_TEST_CASE(after_five_wrong_tries_the_password_is_asked_for_again) {
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  const auto door = at_the_door();
  for (int i = 0; i < 4; ++i)
    BOOST_TEST(second(door, "digits=" + digits(9)).status == 200);
  BOOST_TEST(second(door, "digits=" + digits(9)).status == 429);
  BOOST_TEST(second(door, "digits=" + digits(1)).status == 403);
  BOOST_TEST(get("/read").status == 403);
  BOOST_TEST(std::ranges::count(events(), EventKind::second_step_wrong) == 5);
}

BOOST_AUTO_TEST_CASE(the_password_alone_or_a_ticket_of_another_link_opens_nothing) {
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  clock.forward(minutes(1));
  const auto door = at_the_door();
  AtTheDoor elsewhere{deposited_for_account(), door.page};
  BOOST_TEST(second(elsewhere, "digits=" + digits()).status == 403);
  BOOST_TEST(get("/read").status == 403);
  clock.forward(minutes(10));
  BOOST_TEST(second(door, "digits=" + digits()).status == 403);
}

BOOST_AUTO_TEST_CASE(each_change_takes_the_password_and_wrong_ones_count) {
  const auto refused = add_app("wrong one");
  BOOST_TEST(shows(refused, "This password is not right."));
  BOOST_TEST((events().back() == EventKind::password_wrong));
  BOOST_TEST(kept().empty());
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  BOOST_TEST(shows(change("remove", "which=app&password=wrong"), "This password is not right."));
  BOOST_TEST(!kept().empty());
  for (unsigned i = 0; i < password_tries; ++i)
    (void)change("remove", "which=app&password=wrong");
  BOOST_TEST(change("remove", "which=app&password=" + good).status == 429);
  BOOST_TEST(!kept().empty());
}

BOOST_AUTO_TEST_CASE(wrong_digits_add_no_app_and_one_can_try_again) {
  const auto page = change("new-app");
  const auto refused = change("add-app", "ticket=" + hidden(page, "ticket") + "&digits=000000&password=" + good);
  BOOST_TEST(shows(refused, "not the code that your app should show"));
  BOOST_TEST(hidden(refused, "ticket") == hidden(page, "ticket"));
  BOOST_TEST(kept().empty());
}

BOOST_AUTO_TEST_CASE(a_registration_is_good_once_and_for_its_session_alone) {
  const auto page = change("new-passkey");
  const std::string said = registration(page) + "&password=" + good;
  const std::string mine = cookie;
  cookie.clear();
  const Link another = deposited_for_account();
  BOOST_REQUIRE_EQUAL(sign_in(another).status, 303);
  BOOST_TEST(change("add-passkey", said).status == 403);
  cookie = mine;
  BOOST_TEST(change("add-passkey", said).status == 303);
  BOOST_TEST(change("add-passkey", said).status == 403);
  BOOST_TEST(kept().passkeys.size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_passkey_is_added_once_and_five_are_the_most) {
  BOOST_REQUIRE_EQUAL(add_passkey().status, 303);
  BOOST_TEST(add_passkey().status == 403);
  for (int i = 2; i <= 5; ++i) {
    soft = SoftPasskey(-7, "a passkey's id " + std::to_string(i));
    BOOST_TEST(add_passkey().status == 303);
    clock.forward(minutes(2));
  }
  BOOST_TEST(!shows(get("/read/sign-in"), "new-passkey"));
  soft = SoftPasskey(-7, "a passkey's id 6");
  BOOST_TEST(add_passkey().status == 403);
  BOOST_TEST(kept().passkeys.size() == most_passkeys);
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_not_asked_for_any_more) {
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  BOOST_REQUIRE_EQUAL(add_passkey().status, 303);
  const std::string which = "which=" + format_base64url(soft.id());
  BOOST_TEST(shows(change("ask-remove", which), "Remove the passkey of 24 November 2025?"));
  BOOST_TEST(change("remove", which + "&password=" + good).status == 303);
  BOOST_TEST(field(change("ask-remove", which), "Location") == "/read/sign-in");
  BOOST_TEST(shows(change("ask-remove", "which=app"), "Remove your authenticator app?"));
  BOOST_TEST(change("remove", "which=app&password=" + good).status == 303);
  BOOST_TEST(kept().empty());
  BOOST_TEST(shows(get("/read/sign-in"), "You have not set one up."));
  BOOST_TEST(std::ranges::count(events(), EventKind::second_step_removed) == 2);
  cookie.clear();
  BOOST_TEST(sign_in(deposited_for_account()).status == 303);
}

/// Somebody is between the steps while in another browser the app is taken away: then nothing that they type is right.
BOOST_AUTO_TEST_CASE(a_factor_that_was_removed_meanwhile_opens_nothing) {
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  const std::string mine = cookie;
  clock.forward(minutes(1));
  const auto door = at_the_door();
  cookie = mine;
  BOOST_REQUIRE_EQUAL(change("remove", "which=app&password=" + good).status, 303);
  cookie.clear();
  BOOST_TEST(second(door, "digits=" + digits()).status == 403);
  BOOST_TEST(kept().empty());
}

BOOST_AUTO_TEST_CASE(another_site_cannot_change_anything) {
  const auto foreign = post("/read/sign-in/remove", "which=app&password=" + good, {{"sec-fetch-site", "cross-site"}});
  BOOST_TEST(foreign.status == 400);
  BOOST_TEST(get("/read/sign-in/new-app").status == 404);
}

BOOST_AUTO_TEST_CASE(what_is_no_form_of_ours_is_turned_away) {
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  const auto door = at_the_door();
  for (const char* said : {"credential=%21", "credential=AA&signature=A", "client-data=a+b"})
    BOOST_TEST(second(door, said).status == 400, said);
  BOOST_TEST(change("something").status == 404);
  BOOST_TEST(change("remove", "which=%21&password=x").status == 400);
}

/// The account stays: what waits for it opens with the new one.
BOOST_AUTO_TEST_CASE(a_password_is_changed_by_whoever_knows_it_and_what_waits_opens_with_the_new_one) {
  BOOST_REQUIRE_EQUAL(add_app().status, 303);
  const Link waiting = deposited_for_account();
  BOOST_TEST(shows(get("/read/sign-in"), "/read/sign-in/ask-password"));
  BOOST_TEST(shows(change("ask-password"), "/read/sign-in/password\""));
  const auto changed = [&](const std::string& present, const std::string& chosen, const std::string& again) {
    return change("password", "password=" + present + "&chosen=" + chosen + "&again=" + again);
  };
  BOOST_TEST(shows(changed(other, other, other), "This password is not right."));
  BOOST_TEST(shows(changed(good, "short", "short"), "too short"));
  BOOST_TEST(shows(changed(good, "bob@lab.example", "bob@lab.example"), "easy to guess"));
  BOOST_TEST(shows(changed(good, other, good), "not the same"));
  BOOST_TEST(changed(good, other, other).status == 303);
  BOOST_TEST((events().back() == EventKind::password_changed));
  BOOST_TEST(get("/read/sign-in").status == 200);
  cookie.clear();
  BOOST_TEST(shows(sign_in(waiting, good), "This password is not right."));
  clock.forward(minutes(1));
  const auto second = sign_in(waiting, other);  // and the second step is still asked for
  BOOST_TEST(second.status == 200);
  BOOST_TEST(post("/m/" + waiting.lookup + "/second",
                  "link=" + secret_of(waiting) + "&ticket=" + hidden(second, "ticket") + "&digits=" + digits())
                 .status == 303);
  BOOST_TEST(shows(get("/read"), "A-WORD"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
