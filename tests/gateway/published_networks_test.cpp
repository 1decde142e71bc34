// Networks that the gateway looks up itself: kept with their date, never emptied, never widened by an answer that is
// none.
#include "gateway/published_networks.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/discovery/scripted.hpp"
#include "tests/support/folder.hpp"

namespace {

using namespace postern;
using namespace postern::gateway;
namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

struct Looking {
  test::Folder folder;
  discovery::FakeClock clock;
  discovery::CountingRandom random;
  discovery::TableResolver resolver;
  net::Pool disk{"disk", 1, 10};
  unsigned changes = 0;
  NetworkRefresh refresh{resolver,
                         disk,
                         clock,
                         random,
                         {folder.path(), std::chrono::hours(1)},
                         [] { return std::set<std::string>{"spf.example"}; },
                         [this] { ++changes; }};

  void publish(const std::string& text, std::uint32_t ttl = 7200) {
    resolver.table.clear();
    discovery::DnsAnswer& answer = resolver.at("spf.example", discovery::RecordType::txt);
    answer.records.push_back({discovery::RecordType::txt, ttl, 0, text});
    answer.ttl = ttl;
  }
  Result<Duration> look() { return test::run(refresh.look_up("spf.example")); }
  [[nodiscard]] Texts kept() const {
    const auto networks = load_published(folder.path(), "spf.example");
    return networks ? networks->written : Texts{};
  }
};

const Texts three = {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"};
const std::string all_three = "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 ip4:203.0.113.0/24 -all";

BOOST_FIXTURE_TEST_SUITE(published_networks, Looking)

BOOST_AUTO_TEST_CASE(what_was_found_is_kept_with_its_date_and_told_of_when_it_changes) {
  publish(all_three);
  BOOST_TEST(look().has_value());
  BOOST_TEST(kept() == three, boost::test_tools::per_element());
  BOOST_TEST(changes == 1U);
  clock.time += std::chrono::hours(24);
  BOOST_TEST(look().has_value());
  BOOST_TEST(changes == 1U);  // the same, only younger
  BOOST_TEST(load_published(folder.path(), "spf.example")->as_of == format_rfc3339(clock.time));
  publish(all_three.substr(0, all_three.size() - 4) + "ip4:192.0.3.0/24 -all");
  BOOST_TEST(look().has_value());
  BOOST_TEST(changes == 2U);
  BOOST_TEST(kept().size() == 4U);
}

BOOST_AUTO_TEST_CASE(no_answer_empties_or_widens_what_is_kept) {
  publish(all_three);
  BOOST_TEST(look().has_value());
  for (const char* text :
       {"v=spf1 -all", "v=spf1 ip4:192.0.2.0/24 -all", "v=spf1 +all", "v=spf1 ip4:0.0.0.0/0 -all", "MS=ms1",
        "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 ip4:203.0.113.0/24 include:gone.example -all"}) {
    publish(text);
    BOOST_TEST(!look().has_value(), text);
    BOOST_TEST(kept() == three, boost::test_tools::per_element());
  }
  resolver.table.clear();
  BOOST_TEST(!look().has_value());  // no such name
  resolver.fails("spf.example", discovery::RecordType::txt);
  BOOST_TEST(!look().has_value());
  BOOST_TEST(kept() == three, boost::test_tools::per_element());
  BOOST_TEST(changes == 1U);
}

BOOST_AUTO_TEST_CASE(tenants_are_filled_from_what_is_kept_and_not_without_it) {
  policy::Tenant tenant;
  tenant.name = "clinic";
  tenant.bind.published = {{"spf.example", {}}};
  BOOST_TEST(!with_published({tenant}, folder.path()).has_value());
  publish(all_three);
  BOOST_TEST(look().has_value());
  const auto filled = with_published({tenant}, folder.path());
  BOOST_REQUIRE(filled.has_value());
  const auto from = [&](const policy::Tenant& one, const std::string& address) {
    mail::Peer peer;
    peer.address = address;
    return std::holds_alternative<mail::Candidates>(policy::candidates(peer, {one}));
  };
  BOOST_TEST(from((*filled)->front(), "198.51.100.7"));
  BOOST_TEST(!from((*filled)->front(), "198.51.101.7"));
  BOOST_TEST(!from(tenant, "198.51.100.7"));  // of none, nobody is
}

BOOST_AUTO_TEST_CASE(the_first_look_up_asks_only_for_what_is_not_kept) {
  net::Runtime io(1);
  net::TaskGroup tasks("test");
  BOOST_TEST(!refresh.look_up_now(io, tasks, {"spf.example"}).has_value());
  publish(all_three);
  BOOST_TEST(refresh.look_up_now(io, tasks, {"spf.example"}).has_value());
  resolver.asked.clear();
  resolver.table.clear();
  BOOST_TEST(refresh.look_up_now(io, tasks, {"spf.example"}).has_value());
  BOOST_TEST(resolver.asked.empty());
  BOOST_TEST(!refresh.look_up_now(io, tasks, {"spf.example", "other.example"}).has_value());
}

BOOST_AUTO_TEST_CASE(the_ttl_is_kept_within_bounds_and_a_tenth_sooner_or_later) {
  using namespace std::chrono;
  const auto all_within = [&](std::uint32_t ttl, Duration least, Duration most) {
    bool within = true;
    Duration lowest = most, highest = least;
    for (int i = 0; i < 1000; ++i) {
      const Duration next = next_look_up(ttl, hours(1), random);
      within = within && next >= least && next <= most;
      lowest = std::min(lowest, next);
      highest = std::max(highest, next);
    }
    return within && highest - lowest > (most - least) / 2;
  };
  BOOST_TEST(all_within(0, minutes(54), minutes(66)));
  BOOST_TEST(all_within(7200, minutes(108), minutes(132)));
  BOOST_TEST(all_within(4'000'000'000, minutes(1296), minutes(1584)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
