// Visits of recipients who have a password of their own, or are to choose one.
#include "portal/password.hpp"
#include "tests/portal/site_scene.hpp"

namespace {

using namespace postern::test::site;

const std::string name = "an opaque name", good = "tulip violin harbour", other = "marble canyon whistle";

std::string hidden(const net::HttpResult& page, const std::string& field) {
  const std::string before = "name=\"" + field + "\" value=\"";
  const std::size_t at = page.body.find(before);
  if (at == std::string::npos) return {};
  const std::size_t from = at + before.size();
  return page.body.substr(from, page.body.find('"', from) - from);
}

struct WithPassword : Scene {
  /// As posternd deposits it: for what the portal says that there is.
  Link deposited_for_account() {
    const auto halves = store->account_halves({name});
    BOOST_REQUIRE(halves);
    return deposited({"bob@lab.example", "en"}, *lock_for({name, halves->front()}, random));
  }
  net::HttpResult sign_in(const Link& of, const std::string& password, const std::string& from = "192.0.2.1") {
    return ask({"POST",
                "/m/" + of.lookup + "/sign-in",
                "",
                "",
                {{"content-type", "application/x-www-form-urlencoded"}},
                "link=" + secret_of(of) + "&password=" + password,
                {from, 4711}});
  }
  net::HttpResult choose(const Link& of, const std::string& ticket, const std::string& password,
                         const std::string& again) {
    return post("/m/" + of.lookup + "/choose",
                "link=" + secret_of(of) + "&ticket=" + ticket + "&password=" + password + "&again=" + again);
  }
  /// Up to the page on which one is chosen: its ticket.
  std::string ticket_for(const Link& of) {
    clock.forward(minutes(1));
    ask_for_code(of);
    return hidden(enter(of, code()), "ticket");
  }
  void have_chosen(const std::string& password) {
    const Link first = deposited_for_account();
    BOOST_REQUIRE_EQUAL(choose(first, ticket_for(first), password, password).status, 303);
    cookie.clear();
  }
};

BOOST_FIXTURE_TEST_SUITE(visits_with_a_password, WithPassword)

BOOST_AUTO_TEST_CASE(the_first_time_a_code_leads_to_the_choice_and_the_choice_to_the_message) {
  const Link of = deposited_for_account();
  const auto landed = get(path_of(of));
  BOOST_TEST(shows(landed, "/code\""));
  BOOST_TEST(shows(landed, "Then you choose a password"));
  BOOST_TEST(!shows(landed, "/sign-in"));
  BOOST_TEST(shows(ask_for_code(of), "Continue"));
  const auto entered = enter(of, code());
  BOOST_TEST(entered.status == 200);
  BOOST_TEST(shows(entered, "bob@lab.example"));
  BOOST_TEST(get("/read").status == 403);  // the code alone opens nothing
  const auto chosen = choose(of, hidden(entered, "ticket"), good, good);
  BOOST_TEST(chosen.status == 303);
  BOOST_TEST(field(chosen, "Location") == "/read");
  BOOST_TEST(shows(get("/read"), "A-WORD"));
  BOOST_TEST((events() == std::vector{EventKind::password_chosen, EventKind::opened}));
}

BOOST_AUTO_TEST_CASE(afterwards_the_password_opens_it_and_what_comes_later_and_no_code_does) {
  const Link first = deposited_for_account();
  BOOST_REQUIRE_EQUAL(choose(first, ticket_for(first), good, good).status, 303);
  const Link later = deposited_for_account();
  for (const Link& of : {first, later}) {
    cookie.clear();
    const auto landed = get(path_of(of));
    BOOST_TEST(shows(landed, "/sign-in"));
    BOOST_TEST(sign_in(of, other).status == 200);
    BOOST_TEST(get("/read").status == 403);
    const auto in = sign_in(of, good);
    BOOST_TEST(in.status == 303);
    BOOST_TEST(shows(get("/read"), "A-WORD"));
  }
  BOOST_TEST(
      !open_pickup(store->find(first.lookup)->deposit, store->find(first.lookup)->pickup, first.secret)->content);
}

/// What a stolen store holds, with its KEK and the link: shut without the password. The first message too, from its
/// opening on.
BOOST_AUTO_TEST_CASE(store_and_link_open_nothing_without_the_password) {
  const Link first = deposited_for_account();
  const auto before = *store->find(first.lookup);
  BOOST_TEST(open_content(before.pickup, first.secret,
                          *open_pickup(before.deposit, before.pickup, first.secret)->card.account, {})
                 .has_value());  // until it is opened for the first time the link alone does
  BOOST_REQUIRE_EQUAL(choose(first, ticket_for(first), good, good).status, 303);
  const Link later = deposited_for_account();
  const Account account = **store->account(name);
  for (const Link& of : {first, later}) {
    const auto found = *store->find(of.lookup);
    const auto lock = *open_pickup(found.deposit, found.pickup, of.secret)->card.account;
    BOOST_TEST(lock.half == account.half);
    BOOST_TEST(!open_content(found.pickup, of.secret, lock, {crypto::make_key(random), account.half}));
    BOOST_TEST(
        !crypto::unwrap_key(crypto::pickup_keys(of.secret, found.pickup.salt).content, found.pickup.wrapped_key));
    const auto box = open_box(account, *stretch_password(good, account.how));
    BOOST_REQUIRE(box);
    BOOST_TEST(open_content(found.pickup, of.secret, lock, {box->secret_half, account.half}).has_value());
    BOOST_TEST(!open_content(found.pickup, crypto::make_key(random), lock, {box->secret_half, account.half}));
  }
  BOOST_TEST(!open_box(account, *stretch_password(other, account.how)));
}

/// Two messages wait, and a password is chosen at the second one: the first asks for it too.
BOOST_AUTO_TEST_CASE(what_came_before_the_choice_takes_the_password_too) {
  const Link early = deposited_for_account();
  have_chosen(good);
  BOOST_TEST(shows(get(path_of(early)), "/sign-in"));
  BOOST_TEST(sign_in(early, other).status == 200);
  BOOST_TEST(sign_in(early, good).status == 303);
}

BOOST_AUTO_TEST_CASE(a_forgotten_password_is_replaced_and_what_waited_for_it_stays_shut) {
  have_chosen(good);
  const Link waiting = deposited_for_account();
  const auto landed = get(path_of(waiting));
  BOOST_TEST(shows(landed, "stay closed"));
  BOOST_TEST(shows(landed, "/code\""));
  const auto done = choose(waiting, ticket_for(waiting), other, other);
  BOOST_TEST(done.status == 200);
  BOOST_TEST(shows(done, "can no longer be opened"));
  BOOST_TEST(get("/read").status == 403);
  BOOST_TEST(shows(get(path_of(waiting)), "can no longer be opened"));
  BOOST_TEST(sign_in(waiting, other).status == 400);
  BOOST_TEST((events().back() == EventKind::password_reset));
  const Link next = deposited_for_account();
  BOOST_TEST(sign_in(next, good).status == 200);
  BOOST_TEST(sign_in(next, other).status == 303);
}

BOOST_AUTO_TEST_CASE(nothing_is_chosen_without_a_ticket_of_that_pickup_and_each_is_good_once) {
  const Link of = deposited_for_account(), another = deposited_for_account();
  BOOST_TEST(choose(of, "", good, good).status == 403);
  const std::string ticket = ticket_for(another);
  BOOST_TEST(choose(of, ticket, good, good).status == 403);
  BOOST_TEST(choose(another, ticket, good, good).status == 303);
  BOOST_TEST(choose(another, ticket, other, other).status == 403);
  clock.forward(minutes(1));
  const std::string late = ticket_for(another);
  clock.forward(minutes(10));
  BOOST_TEST(choose(another, late, other, other).status == 403);
  BOOST_TEST(sign_in(another, good).status == 303);
}

/// Whoever read the mailbox before its owner chose cannot take the account over with a ticket of then.
BOOST_AUTO_TEST_CASE(of_two_who_choose_at_once_the_second_begins_again) {
  const Link of = deposited_for_account(), another = deposited_for_account();
  const std::string slow = ticket_for(of), quick = ticket_for(another);
  BOOST_TEST(choose(another, quick, good, good).status == 303);
  BOOST_TEST(choose(of, slow, other, other).status == 403);
  BOOST_TEST(sign_in(of, good).status == 303);
}

BOOST_AUTO_TEST_CASE(weak_passwords_and_slips_are_told_and_the_ticket_stays_good) {
  const Link of = deposited_for_account();
  const std::string ticket = ticket_for(of);
  BOOST_TEST(shows(choose(of, ticket, "short", "short"), "too short"));
  BOOST_TEST(shows(choose(of, ticket, "Password1234", "Password1234"), "easy to guess"));
  BOOST_TEST(shows(choose(of, ticket, "bob@lab.example", "bob@lab.example"), "easy to guess"));
  BOOST_TEST(shows(choose(of, ticket, "riversideclinic1", "riversideclinic1"), "easy to guess"));
  BOOST_TEST(shows(choose(of, ticket, good, other), "not the same"));
  BOOST_TEST(shows(choose(of, ticket, std::string(201, 'x'), std::string(201, 'x')), "too long"));
  BOOST_TEST(choose(of, ticket, good, good).status == 303);
}

BOOST_AUTO_TEST_CASE(tries_are_counted_for_the_account_whatever_links_and_networks_they_come_from) {
  have_chosen(good);
  const Link one = deposited_for_account(), two = deposited_for_account();
  for (unsigned i = 0; i < password_tries; ++i)
    BOOST_TEST(sign_in(i % 2 == 0 ? one : two, other, "198.51.100." + std::to_string(i)).status == 200);
  const auto slow = sign_in(two, good, "203.0.113.9");
  BOOST_TEST(slow.status == 429);
  BOOST_TEST(field(slow, "Retry-After") == "60");
  clock.forward(minutes(1));
  BOOST_TEST(sign_in(two, good, "203.0.113.9").status == 303);
}

BOOST_AUTO_TEST_CASE(each_wrong_one_is_on_record_and_an_empty_one_is_none) {
  have_chosen(good);
  const Link of = deposited_for_account();
  BOOST_TEST(sign_in(of, "").status == 400);
  BOOST_TEST(shows(sign_in(of, "wrong one"), "This password is not right."));
  BOOST_TEST((events().back() == EventKind::password_wrong));
  BOOST_TEST(std::ranges::count(events(), EventKind::password_wrong) == 1);
}

BOOST_AUTO_TEST_CASE(a_password_is_no_way_into_other_messages) {
  have_chosen(good);
  BOOST_TEST(sign_in(link, good).status == 200);  // of a code
  BOOST_TEST(sign_in(locked(), good).status == 200);
  BOOST_TEST(get("/read").status == 403);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
