// Between the password and the message: what a ticket is good for, and for how often and long.
#include "portal/second_step.hpp"

#include <future>

#include <boost/test/unit_test.hpp>

#include "tests/support/soft_passkey.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::portal;
using test::Ceremony;
using test::SoftPasskey;

const crypto::RelyingParty rp{"secure.clinic.example", "https://secure.clinic.example"};

struct Scene {
  test::SeededRandom random;
  SecondStep steps{rp, random};
  Time now{std::chrono::seconds(1'800'000'000)};
  SoftPasskey soft;
  Factors factors;

  Scene() {
    factors.totp = TotpFactor{crypto::make_totp_secret(random), 0, now};
    factors.passkeys.push_back({crypto::read_registration(rp, std::string(32, 'c'), soft.create()).value(), now});
  }

  std::string begin(const std::string& account = "bob", const std::string& lookup = "link") {
    return steps.begin({lookup, account, Secret(32), factors}, now).value();
  }
  std::string digits(int step = 0) const {
    return crypto::hotp(factors.totp->secret, crypto::totp_step(now) + static_cast<std::uint64_t>(step));
  }
  std::string wrong_digits() const { return digits(5); }
  SecondStep::Answer type(const std::string& ticket, const std::string& typed) {
    return steps.try_digits("link", ticket, typed, now);
  }
  SecondStep::Answer touch(const std::string& ticket, const std::string& challenge, Ceremony with = {}) {
    with.challenge = challenge;
    return steps.try_passkey("link", ticket, soft.id(), soft.get(with), now);
  }
  std::string challenge(const std::string& ticket) { return steps.asked("link", ticket, now).value().challenge; }
};

template <class Kind>
bool is(const SecondStep::Answer& answer) {
  return std::holds_alternative<Kind>(answer);
}
bool passed(const SecondStep::Answer& answer) {
  return is<SecondStep::Passed>(answer);
}
/// How many tries are left after a wrong one.
int left(const SecondStep::Answer& answer) {
  const auto* wrong = std::get_if<SecondStep::Wrong>(&answer);
  return wrong == nullptr ? -1 : static_cast<int>(wrong->tries_left);
}
bool is_void(const SecondStep::Answer& answer) {
  return is<SecondStep::Void>(answer);
}

BOOST_FIXTURE_TEST_SUITE(a_second_step, Scene)

BOOST_AUTO_TEST_CASE(asks_for_what_the_account_has) {
  const auto asked = steps.asked("link", begin(), now);
  BOOST_REQUIRE(asked);
  BOOST_TEST(asked->app);
  BOOST_TEST(asked->challenge.size() == challenge_size);
  BOOST_TEST((asked->credentials == std::vector{soft.id()}));
  BOOST_TEST(asked->tries_left == ticket_tries);
  factors.totp.reset();
  BOOST_TEST(!steps.asked("link", begin(), now)->app);
}

BOOST_AUTO_TEST_CASE(gives_what_the_password_became_once) {
  const std::string ticket = begin();
  const auto answer = type(ticket, digits());
  BOOST_REQUIRE(passed(answer));
  const auto& [halfway, used] = std::get<SecondStep::Passed>(answer);
  BOOST_TEST(halfway.lookup == "link");
  BOOST_TEST(halfway.account == "bob");
  BOOST_TEST(halfway.box_key.bytes().size() == 32U);
  BOOST_TEST(std::get<UsedStep>(used).step == crypto::totp_step(now));
  BOOST_TEST(is_void(type(ticket, digits(1))));
  BOOST_TEST(steps.size() == 0U);
}

BOOST_AUTO_TEST_CASE(takes_a_passkey_and_says_what_it_counted) {
  soft.counter = 4;
  const std::string ticket = begin();
  const auto answer = touch(ticket, challenge(ticket));
  BOOST_REQUIRE(passed(answer));
  const auto& used = std::get<UsedPasskey>(std::get<SecondStep::Passed>(answer).used);
  BOOST_TEST(used.id == soft.id());
  BOOST_TEST(used.counter == 4U);
}

BOOST_AUTO_TEST_CASE(has_a_challenge_of_its_own_that_is_used_up_by_a_try) {
  const std::string ticket = begin(), other = begin();
  const std::string first = challenge(ticket);
  BOOST_TEST(first != challenge(other));
  BOOST_TEST(left(touch(ticket, challenge(other))) == 4);
  BOOST_TEST(challenge(ticket) != first);
  BOOST_TEST(left(touch(ticket, first)) == 3);  // right a moment ago
  BOOST_TEST(passed(touch(ticket, challenge(ticket))));
}

BOOST_AUTO_TEST_CASE(takes_no_passkey_that_is_not_the_accounts) {
  const std::string ticket = begin();
  const SoftPasskey stranger(-7, "another id");
  const auto said = stranger.get({.challenge = challenge(ticket)});
  BOOST_TEST(left(steps.try_passkey("link", ticket, stranger.id(), said, now)) == 4);
  const auto again = stranger.get({.challenge = challenge(ticket)});
  BOOST_TEST(left(steps.try_passkey("link", ticket, soft.id(), again, now)) == 3);
}

BOOST_AUTO_TEST_CASE(takes_nothing_that_the_account_does_not_have) {
  const auto totp = std::exchange(factors.totp, std::nullopt);
  const std::string without_app = begin();
  BOOST_TEST(is_void(type(without_app, crypto::hotp(totp->secret, crypto::totp_step(now)))));
  factors.totp = totp;
  factors.passkeys.clear();
  const std::string without_passkey = begin();
  BOOST_TEST(is_void(touch(without_passkey, challenge(without_passkey))));
}

BOOST_AUTO_TEST_CASE(is_void_after_five_wrong_tries_of_whatever_kind) {
  const std::string ticket = begin();
  for (const int expected : {4, 3, 2})
    BOOST_TEST(left(type(ticket, wrong_digits())) == expected);
  BOOST_TEST(steps.asked("link", ticket, now)->tries_left == 2U);
  BOOST_TEST(left(touch(ticket, "no challenge")) == 1);
  BOOST_TEST(left(type(ticket, wrong_digits())) == 0);
  BOOST_TEST(is_void(type(ticket, digits())));
  BOOST_TEST(!steps.asked("link", ticket, now));
}

BOOST_AUTO_TEST_CASE(is_over_after_ten_minutes) {
  const std::string ticket = begin();
  now += ticket_lifetime - Duration(1);
  BOOST_TEST(steps.asked("link", ticket, now).has_value());
  now += Duration(1);
  BOOST_TEST(!steps.asked("link", ticket, now));
  BOOST_TEST(is_void(type(ticket, digits())));
  (void)begin();
  now += ticket_lifetime;
  BOOST_TEST(steps.size() == 1U);
  steps.forget_old(now);
  BOOST_TEST(steps.size() == 0U);
}

BOOST_AUTO_TEST_CASE(is_its_links_alone) {
  const std::string ticket = begin();
  BOOST_TEST(is_void(steps.try_digits("another link", ticket, digits(), now)));
  BOOST_TEST(!steps.asked("another link", ticket, now));
  BOOST_TEST(is_void(type("no ticket", digits())));
  BOOST_TEST(passed(type(ticket, digits())));
}

BOOST_AUTO_TEST_CASE(takes_no_step_twice_whatever_ticket_it_was_used_for) {
  const std::string one = begin(), other = begin(), strangers = begin("carol");
  BOOST_TEST(passed(type(one, digits())));
  BOOST_TEST(left(type(other, digits())) == 4);
  BOOST_TEST(left(type(other, digits(-1))) == 3);
  BOOST_TEST(passed(type(strangers, digits())));  // another account, which happens to have the same secret
  BOOST_TEST(passed(type(other, digits(1))));
  factors.totp->last_step = crypto::totp_step(now);  // as it was kept before the portal was started again
  test::SeededRandom other_random(7);
  SecondStep restarted(rp, other_random);
  const auto later = restarted.begin({"link", "bob", Secret(32), factors}, now);
  BOOST_TEST(left(restarted.try_digits("link", *later, digits(), now)) == 4);
}

BOOST_AUTO_TEST_CASE(counts_wrong_digits_for_the_account_over_all_its_tickets) {
  for (int ticket = 0; ticket < 2; ++ticket)
    for (const std::string open = begin(); steps.asked("link", open, now);)
      (void)type(open, wrong_digits());
  const std::string third = begin();
  BOOST_TEST(is<SecondStep::TooMany>(type(third, digits())));
  BOOST_TEST(passed(type(begin("carol"), digits())));
  BOOST_TEST(passed(touch(third, challenge(third))));  // a passkey cannot be guessed
  now += wrong_digits_within;
  steps.forget_old(now - Duration(1));  // does not forget too early
  BOOST_TEST(passed(type(begin(), digits())));
}

BOOST_AUTO_TEST_CASE(is_right_once_when_it_is_typed_many_times_at_once) {
  const std::string ticket = begin();
  std::vector<std::future<bool>> tries;
  for (int i = 0; i < 8; ++i)
    tries.push_back(std::async(std::launch::async, [&] { return passed(type(ticket, digits())); }));
  int right = 0;
  for (auto& one : tries)
    right += one.get() ? 1 : 0;
  BOOST_TEST(right == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
