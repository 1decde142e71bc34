// Whose turn it is, over entries of a schedule that is only a list here.
#include "gateway/backlog.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using namespace postern::gateway;
using namespace std::chrono_literals;

spool::DueRecipient due(std::string tenant, std::string destination, bool again = false) {
  spool::DueRecipient entry;
  entry.tenant = std::move(tenant);
  entry.destination = std::move(destination);
  entry.again = again;
  return entry;
}

/// A backlog whose entries are all of their own places, in order.
struct Turns {
  Backlog backlog{{20, 2, 1min}};
  std::vector<spool::DueRecipient> schedule;
  Time now{};

  void wait(const std::string& tenant, const std::string& destination, bool again = false, unsigned times = 1) {
    for (unsigned i = 0; i < times; ++i) {
      schedule.push_back(due(tenant, destination, again));
      BOOST_TEST(backlog.saw(schedule.back(), place(schedule.size() - 1)));
    }
  }
  static spool::Place place(std::size_t i) {
    return std::string(1, static_cast<char>('a' + i / 26)) + static_cast<char>('a' + i % 26);
  }

  /// One turn as the scheduler takes it: "tenant>destination", "" where it is nobody's.
  std::string turn() {
    const auto turn = backlog.next(now);
    if (!turn) return "";
    std::optional<spool::Place> more;
    bool taken = false;
    for (std::size_t i = 0; i < schedule.size(); ++i) {
      if (place(i) < turn->from || !turn->fits(schedule[i])) continue;
      if (taken) {
        more = place(i);
        break;
      }
      taken = true;
      schedule[i].destination = "(taken)";
    }
    BOOST_TEST(taken);
    backlog.left(*turn, more, now);
    return turn->tenant + ">" + turn->destination + (turn->again ? " again" : "") +
           (turn->not_before > now ? " later" : "");
  }
  std::string turns(unsigned count) {
    std::string all;
    for (unsigned i = 0; i < count; ++i)
      all += (i > 0 ? ", " : "") + turn();
    return all;
  }
  void ended(const std::string& destination, policy::Experience experience = policy::Experience::neutral) {
    backlog.ended(destination, experience, "down", now);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(backlog, Turns)

BOOST_AUTO_TEST_CASE(a_destination_whose_delivery_stepped_aside_gets_no_more_until_that_came_back) {
  wait("t", "slow", false, 30);
  wait("t", "b", false, 3);
  BOOST_TEST(turn() == "t>slow");
  backlog.stepped_aside("slow");
  BOOST_TEST(turns(3) == "t>b, t>b, ");
  ended("b", policy::Experience::good);
  BOOST_TEST(turns(2) == "t>b, ");
  backlog.came_back("slow");
  ended("slow", policy::Experience::good);
  BOOST_TEST(turns(3) == "t>slow, t>slow, t>slow");
}

BOOST_AUTO_TEST_CASE(a_long_line_for_one_destination_is_one_turn_beside_the_others) {
  wait("t", "slow", false, 30);
  wait("t", "b");
  wait("t", "c");
  BOOST_TEST(turns(5) == "t>slow, t>b, t>c, t>slow, ");
}

BOOST_AUTO_TEST_CASE(a_destination_with_its_fill_gets_another_when_one_ends) {
  wait("t", "slow", false, 5);
  BOOST_TEST(turns(3) == "t>slow, t>slow, ");
  ended("slow");
  BOOST_TEST(turns(2) == "t>slow, ");
  ended("slow", policy::Experience::good);  // and one more, for it stands more
  BOOST_TEST(turns(3) == "t>slow, t>slow, ");
}

BOOST_AUTO_TEST_CASE(tenants_take_turns_over_all_destinations_and_within_one) {
  for (const auto* destination : {"a", "b", "c", "d"})
    wait("big", destination);
  wait("small", "e");
  BOOST_TEST(turns(5) == "big>a, small>e, big>b, big>c, big>d");

  wait("big", "relay", false, 4);
  wait("small", "relay", false, 3);
  BOOST_TEST(turns(3) == "big>relay, small>relay, ");
  std::string all;
  for (int i = 0; i < 6; ++i) {
    ended("relay");
    all += turn() + ", ";
  }
  BOOST_TEST(all == "small>relay, big>relay, small>relay, big>relay, big>relay, , ");
}

BOOST_AUTO_TEST_CASE(new_mail_goes_before_retries_but_for_every_fourth_turn) {
  wait("t", "", true, 3);
  wait("t", "", false, 8);
  BOOST_TEST(turns(11) == "t>, t>, t>, t> again, t>, t>, t>, t> again, t>, t>, t> again");
}

BOOST_AUTO_TEST_CASE(mail_that_needs_no_connection_has_no_limit) {
  wait("t", "", false, 26);
  for (int i = 0; i < 26; ++i)
    BOOST_TEST(turn() == "t>");
}

BOOST_AUTO_TEST_CASE(an_unreachable_destination_s_mail_is_put_off_until_it_may_be_tried) {
  wait("t", "dead", false, 10);
  (void)turns(2);
  ended("dead", policy::Experience::unreachable);
  ended("dead", policy::Experience::unreachable);
  BOOST_TEST(turns(2) == "t>dead, ");  // one at a time now
  ended("dead", policy::Experience::unreachable);
  BOOST_TEST(turns(3) == "t>dead later, t>dead later, t>dead later");
  for (int i = 0; i < 3; ++i)
    backlog.ended("dead", {}, {}, now);
  now += 1min;
  BOOST_TEST(turns(2) == "t>dead, ");
  ended("dead", policy::Experience::good);
  BOOST_TEST(turns(3) == "t>dead, t>dead, ");
}

BOOST_AUTO_TEST_CASE(its_memory_ends_at_so_many_destinations_and_forgets_those_without_mail_first) {
  for (std::size_t i = 0; i < Backlog::most_destinations; ++i)
    BOOST_REQUIRE(backlog.saw(due("t", "d" + std::to_string(i)), "x"));
  BOOST_TEST(!backlog.saw(due("t", "one too many"), "y"));
  BOOST_TEST(backlog.saw(due("t", "d7"), "y"));
  const auto turn = backlog.next(now);
  BOOST_REQUIRE(turn);
  backlog.left(*turn, std::nullopt, now);
  BOOST_TEST(!backlog.saw(due("t", "one too many"), "y"));  // its delivery is under way
  backlog.ended(turn->destination, policy::Experience::good, {}, now);
  BOOST_TEST(backlog.saw(due("t", "one too many"), "y"));
  BOOST_TEST(backlog.destinations() == Backlog::most_destinations);
}

BOOST_AUTO_TEST_SUITE_END()
