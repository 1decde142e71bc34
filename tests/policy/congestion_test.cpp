// How many deliveries at a time a destination gets.
#include "policy/congestion.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using namespace postern::policy;
using namespace std::chrono_literals;
using mail::Stage;

mail::Outcome deferred(Stage stage, int code = 0, mail::TlsLesson lesson = mail::TlsLesson::none) {
  mail::Deferred outcome;
  outcome.stage = stage;
  outcome.lesson = lesson;
  if (code != 0) {
    outcome.reply.emplace();
    outcome.reply->code = code;
  }
  return outcome;
}
mail::Outcome failed(Stage stage) {
  mail::Failed outcome;
  outcome.stage = stage;
  return outcome;
}

constexpr Time start{};
const DestinationSettings twenty{20, 5, 1min};

void learn(DestinationWindow& window, Experience experience, unsigned times, Time now = start) {
  for (unsigned i = 0; i < times; ++i)
    window.learn(experience, now);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(congestion)

BOOST_AUTO_TEST_CASE(an_attempt_shows_something_of_the_destination_only_where_it_is_about_its_capacity) {
  using E = Experience;
  const std::vector<std::pair<mail::Outcome, E>> table = {
      {mail::Delivered{}, E::good},
      {failed(Stage::rcpt), E::good},
      {failed(Stage::resolve), E::neutral},  // no such domain
      {deferred(Stage::resolve), E::unreachable},
      {deferred(Stage::connect), E::unreachable},
      {deferred(Stage::greeting, 421), E::unreachable},
      {deferred(Stage::greeting, 554), E::unreachable},
      {deferred(Stage::ehlo), E::unreachable},
      {deferred(Stage::starttls, 454, mail::TlsLesson::transient), E::trouble},
      {deferred(Stage::handshake, 0, mail::TlsLesson::transient), E::trouble},
      {deferred(Stage::starttls, 0, mail::TlsLesson::incapable), E::neutral},
      {deferred(Stage::mail, 451), E::trouble},
      {deferred(Stage::rcpt, 450), E::neutral},  // greylisting
      {deferred(Stage::rcpt, 421), E::trouble},
      {deferred(Stage::data), E::trouble},  // it broke
      {mail::Uncertain{}, E::trouble},
  };
  for (const auto& [outcome, expected] : table)
    BOOST_TEST((experience({outcome}) == expected));
  BOOST_TEST((experience({deferred(Stage::rcpt, 450), mail::Delivered{}}) == E::good));
  BOOST_TEST((experience({}) == E::neutral));  // a rung without a connection
}

BOOST_AUTO_TEST_CASE(it_begins_with_a_few_and_grows_to_the_most_with_success) {
  DestinationWindow window(twenty);
  BOOST_TEST(window.limit() == 5U);
  learn(window, Experience::good, 5);
  BOOST_TEST(window.limit() == 10U);
  learn(window, Experience::good, 100);
  BOOST_TEST(window.limit() == 20U);
}

BOOST_AUTO_TEST_CASE(trouble_halves_it_and_then_it_grows_slowly) {
  DestinationWindow window(twenty);
  learn(window, Experience::good, 15);
  learn(window, Experience::trouble, 1);
  BOOST_TEST(window.limit() == 10U);
  learn(window, Experience::good, 9);
  BOOST_TEST(window.limit() == 10U);
  learn(window, Experience::good, 1);
  BOOST_TEST(window.limit() == 11U);
}

BOOST_AUTO_TEST_CASE(trouble_inside_sessions_never_suspends_and_never_stops_the_last_delivery) {
  DestinationWindow window(twenty);
  learn(window, Experience::trouble, 100);
  BOOST_TEST(window.limit() == 1U);
  BOOST_TEST((window.suspended_until() == Time()));
}

BOOST_AUTO_TEST_CASE(a_destination_that_nobody_reaches_is_left_alone_for_longer_and_longer) {
  DestinationWindow window(twenty);
  learn(window, Experience::unreachable, 2);
  BOOST_TEST((window.suspended_until() == Time()));
  learn(window, Experience::unreachable, 1);
  BOOST_TEST((window.suspended_until() == start + 1min));
  learn(window, Experience::unreachable, 10);  // these were under way
  BOOST_TEST((window.suspended_until() == start + 1min));
  Time now = start + 1min;
  for (const auto pause : {2min, 4min, 8min, 16min, 16min}) {
    learn(window, Experience::unreachable, 1, now);  // the one that goes first
    BOOST_TEST((window.suspended_until() == now + pause));
    now += pause;
  }
  learn(window, Experience::good, 1, now);
  BOOST_TEST((window.suspended_until() == Time()));
  learn(window, Experience::unreachable, 3, now);
  BOOST_TEST((window.suspended_until() == now + 1min));
}

BOOST_AUTO_TEST_CASE(what_says_nothing_about_capacity_changes_nothing) {
  DestinationWindow window(twenty);
  learn(window, Experience::unreachable, 2);
  const unsigned before = window.limit();
  learn(window, Experience::neutral, 50);
  BOOST_TEST(window.limit() == before);
}

BOOST_AUTO_TEST_SUITE_END()
