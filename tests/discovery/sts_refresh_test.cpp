// When policies are fetched again without mail: before they expire, each at a time of its own, and for whom.
#include "discovery/sts_refresh.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/discovery/scripted.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;

struct Kept {
  discovery::StsCache cache;
  discovery::CountingRandom random;
  discovery::StsRefresh refresh{cache, random};
  Time now{Duration(1'000'000'000'000)};

  void keep(const std::string& domain, std::chrono::seconds max_age = 604'800s) {
    cache.keep(domain, {"1", {mail::StsMode::enforce, {"mx." + domain}, max_age}, now}, now);
  }
  /// All that are due now.
  std::set<std::string> due() {
    std::set<std::string> domains;
    while (const auto one = refresh.next(now))
      BOOST_TEST(domains.insert(*one).second, *one << " is given twice");
    return domains;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sts_refresh)

BOOST_FIXTURE_TEST_CASE(a_policy_is_fetched_again_about_a_day_later_and_once, Kept) {
  keep("lab.example");
  BOOST_TEST(due().empty());
  now += 17h;
  BOOST_TEST(due().empty());
  now += 14h;
  BOOST_TEST(due() == std::set<std::string>{"lab.example"});
  keep("lab.example");
  now += 17h;
  BOOST_TEST(due().empty());
}

BOOST_FIXTURE_TEST_CASE(one_that_holds_for_less_is_fetched_well_before_its_end, Kept) {
  keep("short.example", 4h);
  (void)due();
  now += 151min;  // five quarters of the half
  BOOST_TEST(due() == std::set<std::string>{"short.example"});
}

BOOST_FIXTURE_TEST_CASE(what_brought_nothing_is_tried_about_every_hour, Kept) {
  keep("lab.example");
  (void)due();
  now += 31h;
  BOOST_TEST(due().size() == 1U);
  now += 44min;
  BOOST_TEST(due().empty());
  now += 32min;
  BOOST_TEST(due().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(domains_are_not_asked_all_at_once, Kept) {
  for (int i = 0; i < 200; ++i)
    keep(std::to_string(i) + ".example");
  (void)due();
  std::size_t most = 0, all = 0;
  for (now += 17h; all < 200; now += 10min) {
    const std::size_t some = due().size();
    most = std::max(most, some);
    all += some;
    BOOST_TEST_REQUIRE((now < Time{Duration(1'000'000'000'000)} + 31h));
  }
  BOOST_TEST(most < 15U);  // of 200 in 12 hours
}

BOOST_FIXTURE_TEST_CASE(those_that_are_overdue_after_a_stop_are_spread_over_ten_minutes, Kept) {
  for (int i = 0; i < 200; ++i)
    keep(std::to_string(i) + ".example");
  now += 72h;
  const std::size_t at_once = due().size();
  BOOST_TEST(at_once < 20U);
  now += 10min;
  BOOST_TEST(at_once + due().size() == 200U);
}

BOOST_FIXTURE_TEST_CASE(who_is_not_mailed_for_a_month_is_left_to_expire, Kept) {
  keep("quiet.example", 31'557'600s);
  keep("busy.example", 31'557'600s);
  (void)due();
  now += 24h * 31;
  cache.mailed("busy.example", now);
  BOOST_TEST(due() == std::set<std::string>{"busy.example"});
  cache.mailed("quiet.example", now);
  (void)due();
  now += 10min;
  BOOST_TEST(due().contains("quiet.example"));
}

BOOST_FIXTURE_TEST_CASE(what_has_expired_is_not_asked_for, Kept) {
  keep("lab.example", 3600s);
  now += 2h;
  BOOST_TEST(due().empty());
}

BOOST_AUTO_TEST_SUITE_END()
