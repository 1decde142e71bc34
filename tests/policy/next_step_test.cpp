// DESIGN.md's "When does a rung end?", row by row.
#include <boost/test/unit_test.hpp>

#include "policy/delivery.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using mail::TlsLesson;

struct Sequence final : Random {
  std::uint8_t next = 0;
  void fill(std::span<std::uint8_t> into) override {
    for (std::uint8_t& byte : into)
      byte = next += 37;
  }
};

const Time noon{std::chrono::hours(500'000)};

mail::Deferred deferred(TlsLesson lesson) {
  mail::Deferred made;
  made.lesson = lesson;
  return made;
}

struct Rung {
  policy::RungHistory history;
  policy::Schedule schedule;
  Sequence random;
  bool protected_rung = true, fresh = false;
  mail::NextStep after(const mail::Outcome& outcome, Duration since_noon) {
    const Time now = noon + since_noon;
    history = policy::remember(history, outcome, now);
    return policy::next_step(outcome, history, since_noon, now, schedule, protected_rung, fresh, random);
  }
};

template <class Step>
bool is(const mail::NextStep& step) {
  return std::holds_alternative<Step>(step);
}

// A host that promises TLS (DANE) is down or attacked: neither patience nor proof ends the rung.
BOOST_AUTO_TEST_CASE(a_broken_promise_is_waited_out_to_the_end_and_never_ends_a_rung) {
  Rung rung;
  for (int hour = 0; hour < 48; ++hour)
    BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::promise_broken), std::chrono::hours(hour))));
  BOOST_TEST(is<mail::Bounce>(rung.after(deferred(TlsLesson::promise_broken), 48h)));
  // Nor does what was seen before it: the proof and the patience begin again.
  Rung proven;
  proven.after(deferred(TlsLesson::incapable), 0min);
  proven.after(deferred(TlsLesson::promise_broken), 10min);
  BOOST_TEST(is<mail::RetryAt>(proven.after(deferred(TlsLesson::incapable), 20min)));
  Rung troubled;
  troubled.after(deferred(TlsLesson::transient), 0min);
  troubled.after(deferred(TlsLesson::promise_broken), 10min);
  BOOST_TEST(is<mail::RetryAt>(troubled.after(deferred(TlsLesson::transient), 241min)));
}

BOOST_AUTO_TEST_CASE(delivered_is_done) {
  BOOST_TEST(is<mail::Done>(Rung().after(mail::Delivered{}, 1min)));
}

BOOST_AUTO_TEST_CASE(a_permanent_answer_bounces_with_its_code) {
  mail::Failed failed;
  failed.status = {5, 1, 1};
  const auto step = Rung().after(failed, 1min);
  BOOST_REQUIRE(is<mail::Bounce>(step));
  BOOST_TEST((std::get<mail::Bounce>(step).status == mail::StatusCode{5, 1, 1}));
}

BOOST_AUTO_TEST_CASE(one_proof_is_no_proof_and_two_too_close_are_none_either) {
  Rung rung;
  BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::incapable), 0min)));
  BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::incapable), 14min)));
  BOOST_TEST(is<mail::NextRung>(rung.after(deferred(TlsLesson::incapable), 15min)));
}

BOOST_AUTO_TEST_CASE(a_fresh_memory_of_the_domain_makes_one_proof_enough) {
  Rung rung;
  rung.fresh = true;
  BOOST_TEST(is<mail::NextRung>(rung.after(deferred(TlsLesson::incapable), 0min)));
}

BOOST_AUTO_TEST_CASE(a_transient_failure_between_two_proofs_starts_them_anew) {
  Rung rung;
  rung.after(deferred(TlsLesson::incapable), 0min);
  rung.after(deferred(TlsLesson::transient), 10min);
  BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::incapable), 20min)));
}

BOOST_AUTO_TEST_CASE(only_transient_tls_failures_end_the_rung_after_patience_and_not_before) {
  Rung rung;
  BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::transient), 0min)));
  BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::transient), 239min)));
  BOOST_TEST(is<mail::NextRung>(rung.after(deferred(TlsLesson::transient), 240min)));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_down_never_ends_a_rung_only_the_message) {
  Rung rung;
  for (int hour = 0; hour < 48; ++hour) {
    BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::none), std::chrono::hours(hour))));
  }
  const auto step = rung.after(deferred(TlsLesson::none), 48h);
  BOOST_REQUIRE(is<mail::Bounce>(step));
  BOOST_TEST((std::get<mail::Bounce>(step).status == mail::StatusCode{4, 4, 7}));
}

BOOST_AUTO_TEST_CASE(mail_that_needs_no_protection_never_changes_its_rung) {
  Rung rung;
  rung.protected_rung = false;
  rung.fresh = true;
  BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::incapable), 0min)));
  BOOST_TEST(is<mail::RetryAt>(rung.after(deferred(TlsLesson::incapable), 10h)));
}

BOOST_AUTO_TEST_CASE(without_an_answer_to_the_final_dot_it_is_tried_late_on_the_same_rung) {
  Rung rung;
  const auto step = rung.after(mail::Uncertain{}, 1min);
  BOOST_REQUIRE(is<mail::RetryAt>(step));
  BOOST_TEST((std::get<mail::RetryAt>(step).at == noon + 1min + rung.schedule.longest_retry));
}

BOOST_AUTO_TEST_CASE(no_wait_is_past_the_time_when_the_sender_is_told) {
  Rung rung;
  rung.history.attempts = 12;
  const auto wait = [&](Duration age) {
    return std::get<mail::RetryAt>(rung.after(deferred(TlsLesson::none), age)).at - noon - age;
  };
  BOOST_TEST((wait(1h) == 3h));
  BOOST_TEST((wait(4h) > 3h));  // from then on as usual
  rung.schedule.delay_notice = 0h;
  BOOST_TEST((wait(1h) > 3h));
}

BOOST_AUTO_TEST_CASE(a_sender_is_told_of_a_delay_once_and_only_if_that_is_wanted) {
  policy::Schedule schedule;
  BOOST_TEST(!policy::tell_of_delay(4h - 1ms, false, schedule));
  BOOST_TEST(policy::tell_of_delay(4h, false, schedule));
  BOOST_TEST(!policy::tell_of_delay(5h, true, schedule));
  schedule.delay_notice = 0h;
  BOOST_TEST(!policy::tell_of_delay(5h, false, schedule));
}

BOOST_AUTO_TEST_CASE(waits_double_from_the_first_to_the_longest_within_a_fifth) {
  Rung rung;
  rung.schedule.delay_notice = 0h;
  Duration expected = rung.schedule.first_retry;
  for (int attempt = 1; attempt < 14; ++attempt) {
    const auto step = rung.after(deferred(TlsLesson::none), 0min);
    const Duration wait = std::get<mail::RetryAt>(step).at - noon;
    BOOST_TEST((wait >= expected - expected / 5 && wait <= expected + expected / 5));
    expected = std::min(expected * 2, rung.schedule.longest_retry);
  }
}

}  // namespace
