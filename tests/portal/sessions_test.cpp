#include "portal/sessions.hpp"

#include <boost/test/unit_test.hpp>

#include "portal/throttles.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::portal;
using std::chrono::minutes;
using std::chrono::seconds;

const Time noon{seconds(1'800'000'000)};

BOOST_AUTO_TEST_SUITE(sessions)

struct Scene {
  test::SeededRandom random;
  Sessions sessions{random};
  std::string begin(const std::string& lookup) { return *sessions.begin({lookup, crypto::make_key(random), {}}, noon); }
};

BOOST_FIXTURE_TEST_CASE(a_token_leads_to_its_session_and_to_no_other, Scene) {
  const std::string a = begin("a"), b = begin("b");
  BOOST_TEST(a != b);
  BOOST_TEST(a.size() == 43);
  BOOST_TEST(sessions.find(a, noon)->lookup == "a");
  BOOST_TEST(sessions.find(b, noon)->lookup == "b");
  BOOST_TEST(!sessions.find("", noon));
  BOOST_TEST(!sessions.find(a + "x", noon));
}

BOOST_FIXTURE_TEST_CASE(it_lasts_for_15_minutes_from_the_last_request, Scene) {
  const std::string a = begin("a");
  BOOST_TEST(sessions.find(a, noon + minutes(14)).has_value());
  BOOST_TEST(sessions.find(a, noon + minutes(28)).has_value());
  BOOST_TEST(!sessions.find(a, noon + minutes(43)));
  BOOST_TEST(sessions.size() == 0);  // and its key is gone
}

BOOST_FIXTURE_TEST_CASE(what_nobody_asks_for_any_more_goes_too, Scene) {
  begin("a");
  sessions.forget_old(noon + minutes(15) - Duration(1));
  BOOST_TEST(sessions.size() == 1);
  sessions.forget_old(noon + minutes(15));
  BOOST_TEST(sessions.size() == 0);
}

BOOST_FIXTURE_TEST_CASE(ended_is_ended, Scene) {
  const std::string a = begin("a");
  sessions.end(a);
  BOOST_TEST(!sessions.find(a, noon));
}

BOOST_FIXTURE_TEST_CASE(there_are_not_more_than_so_many, Scene) {
  for (std::size_t i = 0; i < most_sessions; ++i)
    begin("a");
  BOOST_TEST(!sessions.begin({"b", Secret(), {}}, noon));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(throttles)

BOOST_AUTO_TEST_CASE(a_burst_and_then_one_at_a_time) {
  Throttles throttles(3, seconds(10));
  const auto allowed = [&](Time now) { return throttles.allow("192.0.2.1", now); };
  BOOST_TEST((allowed(noon) && allowed(noon) && allowed(noon)));
  BOOST_TEST(!allowed(noon + seconds(9)));
  BOOST_TEST(allowed(noon + seconds(10)));
  BOOST_TEST(!allowed(noon + seconds(10)));
  BOOST_TEST((allowed(noon + seconds(60)) && allowed(noon + seconds(60)) && allowed(noon + seconds(60))));
  BOOST_TEST(!allowed(noon + seconds(60)));
}

BOOST_AUTO_TEST_CASE(networks_do_not_share_and_a_64_is_one) {
  BOOST_TEST(network_of("192.0.2.1") == "192.0.2.1");
  BOOST_TEST(network_of("2001:db8:0:1:2:3:4:5") == "2001:db8:0:1::/64");
  Throttles throttles(1, seconds(10));
  BOOST_TEST(throttles.allow("192.0.2.1", noon));
  BOOST_TEST(throttles.allow("192.0.2.2", noon));
  BOOST_TEST(throttles.allow("2001:db8::1", noon));
  BOOST_TEST(!throttles.allow("2001:db8::2", noon));
  BOOST_TEST(throttles.allow("2001:db8:0:1::1", noon));
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_what_is_full_again_is_forgotten) {
  Throttles throttles(1, seconds(10), 100);
  for (int i = 0; i < 1000; ++i)
    (void)throttles.allow("host" + std::to_string(i), noon);
  BOOST_TEST(throttles.size() == 101);
  throttles.forget_old(noon + seconds(10));
  BOOST_TEST(throttles.size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
