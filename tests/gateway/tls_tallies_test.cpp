#include "gateway/tls_tallies.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/support/folder.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using gateway::Day;
using gateway::TlsTallies;

constexpr std::chrono::days one_day{1};
const Time noon = Day(std::chrono::days(20'000)) + 12h;
const Day that_day = Day(std::chrono::days(20'000));

mail::ReportedSession good() {
  return {{mail::ReportedPolicy::Type::no_policy_found, {}, "lab.example", {}}, std::nullopt};
}
mail::ReportedSession bad(const std::string& host) {
  mail::ReportedSession session = good();
  session.failure = mail::TlsFailure{mail::TlsFailureType::certificate_expired, "192.0.2.1", host, "203.0.113.7", ""};
  return session;
}

BOOST_AUTO_TEST_SUITE(tls_tallies)

BOOST_AUTO_TEST_CASE(days_end_at_midnight_utc) {
  TlsTallies tallies;
  tallies.count("lab.example", {good()}, noon);
  tallies.count("lab.example", {good()}, noon + 12h);
  BOOST_TEST(tallies.ended(that_day).empty());
  BOOST_TEST(tallies.ended(that_day + one_day).size() == 1U);
  BOOST_TEST(tallies.ended(that_day + 2 * one_day).size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_failed_alike_is_counted_together) {
  TlsTallies tallies;
  for (const char* host : {"mx1", "mx1", "mx2"})
    tallies.count("lab.example", {bad(host)}, noon);
  tallies.count("lab.example", {good()}, noon);
  const mail::TlsTally tally = tallies.tally({that_day, "lab.example"});
  BOOST_REQUIRE(tally.size() == 1U);
  const mail::TlsCounts& counts = tally.begin()->second;
  BOOST_TEST(counts.successful == 1U);
  BOOST_TEST(counts.failed.size() == 2U);
  BOOST_TEST(counts.failures() == 3U);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_no_failure_is_left_out) {
  TlsTallies tallies(2, 3);
  for (int host = 0; host < 10; ++host)
    tallies.count("lab.example", {bad("mx" + std::to_string(host))}, noon);
  tallies.count("second.example", {good()}, noon);
  tallies.count("third.example", {good()}, noon);
  const mail::TlsTally tally = tallies.tally({that_day, "lab.example"});
  const mail::TlsCounts& counts = tally.begin()->second;
  BOOST_TEST(counts.failed.size() == 4U);  // three hosts, and all others
  BOOST_TEST(counts.failures() == 10U);
  BOOST_TEST(tallies.ended(that_day + one_day).size() == 2U);
}

BOOST_AUTO_TEST_CASE(counts_outlive_the_process) {
  const test::Folder folder;
  const auto file = folder.path() / "tls-tallies";
  TlsTallies before, after;
  before.count("lab.example", {good(), bad("mx1")}, noon);
  BOOST_TEST(before.changed());
  BOOST_REQUIRE(before.save(file).has_value());
  BOOST_TEST(!before.changed());
  BOOST_REQUIRE(after.load(file).has_value());
  BOOST_TEST((after.tally({that_day, "lab.example"}) == before.tally({that_day, "lab.example"})));
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_said_and_nothing_of_it_is_taken) {
  const test::Folder folder;
  const auto file = folder.path() / "tls-tallies";
  TlsTallies before;
  before.count("lab.example", {bad("mx1")}, noon);
  BOOST_REQUIRE(before.save(file).has_value());
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  TlsTallies after;
  const auto loaded = after.load(file);
  BOOST_REQUIRE(!loaded.has_value());
  BOOST_TEST((loaded.error().code == Errc::corrupt));
  BOOST_TEST(after.ended(that_day + one_day).empty());
}

BOOST_AUTO_TEST_CASE(what_was_reported_is_forgotten) {
  TlsTallies tallies;
  tallies.count("lab.example", {good()}, noon);
  tallies.forget({that_day, "lab.example"});
  BOOST_TEST(tallies.ended(that_day + one_day).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
