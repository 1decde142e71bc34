// What several hosts taught, put together (DESIGN.md: "When does a rung end?").
#include "gateway/host_trials.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using mail::TlsLesson;

smtp::HostFailure failure(TlsLesson lesson, const std::string& reason = "it failed") {
  smtp::HostFailure made;
  made.stage = mail::Stage::starttls;
  made.lesson = lesson;
  made.reason = reason;
  return made;
}

void check_lesson(const gateway::HostTrials& trials, TlsLesson expected) {
  BOOST_TEST((trials.outcome().lesson == expected));
}

BOOST_AUTO_TEST_CASE(every_host_incapable_is_a_proof) {
  gateway::HostTrials trials;
  trials.failed("mx1", "127.0.0.1:25", failure(TlsLesson::incapable));
  trials.failed("mx2", "127.0.0.2:25", failure(TlsLesson::incapable));
  check_lesson(trials, TlsLesson::incapable);
}

BOOST_AUTO_TEST_CASE(one_host_that_is_down_proves_nothing) {
  gateway::HostTrials trials;
  trials.failed("mx1", "127.0.0.1:25", failure(TlsLesson::incapable));
  trials.unreachable("mx2", "127.0.0.2:25", "connection refused");
  check_lesson(trials, TlsLesson::none);
}

BOOST_AUTO_TEST_CASE(one_transient_tls_failure_outweighs_incapable_hosts) {
  gateway::HostTrials trials;
  trials.failed("mx1", "127.0.0.1:25", failure(TlsLesson::incapable));
  trials.failed("mx2", "127.0.0.2:25", failure(TlsLesson::transient, "the handshake was reset"));
  check_lesson(trials, TlsLesson::transient);
  BOOST_TEST(trials.outcome().reason == "the handshake was reset");
}

BOOST_AUTO_TEST_CASE(a_host_that_broke_its_promise_of_tls_outweighs_all_others) {
  gateway::HostTrials trials;
  trials.failed("mx1", "127.0.0.1:25", failure(TlsLesson::incapable));
  trials.failed("mx2", "127.0.0.2:25", failure(TlsLesson::transient));
  trials.failed("mx3", "127.0.0.3:25", failure(TlsLesson::promise_broken, "the certificate does not match"));
  check_lesson(trials, TlsLesson::promise_broken);
  BOOST_TEST(trials.outcome().host == "mx3");
}

BOOST_AUTO_TEST_CASE(no_host_at_all_is_a_delay_without_a_lesson) {
  const gateway::HostTrials trials;
  check_lesson(trials, TlsLesson::none);
  BOOST_TEST(!trials.outcome().reason.empty());
}

}  // namespace
