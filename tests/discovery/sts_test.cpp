// shared/cases/tls/mta-sts-*.jsonl and tls-rpt-txt.jsonl, row by row.
#include "discovery/sts.hpp"

#include <boost/test/unit_test.hpp>

#include "discovery/tls_rpt.hpp"
#include "tests/support/shared.hpp"

namespace {

using namespace postern;
namespace json = boost::json;

std::string text_of(const json::value& value) {
  return std::string(value.as_string());
}

bool wants(const json::object& row, const char* what) {
  return row.at("want").as_string() == what;
}

/// Each record's strings, joined (RFC 8461 §3.1).
std::vector<std::string> records_of(const json::object& row) {
  std::vector<std::string> records;
  for (const json::value& strings : row.at("txt").as_array()) {
    std::string record;
    for (const json::value& string : strings.as_array())
      record += text_of(string);
    records.push_back(record);
  }
  return records;
}

std::string body_of(const json::object& row) {
  std::string body = text_of(row.at("body"));
  if (const json::value* repeat = row.if_contains("body_repeat")) {
    for (std::int64_t i = repeat->at(1).as_int64(); i > 0; --i)
      body += text_of(repeat->at(0));
  }
  return body;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sts)

BOOST_AUTO_TEST_CASE(every_txt_record_of_the_shared_cases) {
  std::size_t looked_at = 0;
  for (const json::object& row : test::shared_case_rows("tls/mta-sts-txt.jsonl")) {
    if (!row.contains("txt")) continue;  // what a look-up says: sts_lookup_test.cpp
    ++looked_at;
    BOOST_TEST(discovery::parse_sts_records(records_of(row)).has_value() == wants(row, "ok"), json::serialize(row));
  }
  BOOST_TEST(looked_at == 32U);
}

BOOST_AUTO_TEST_CASE(every_policy_of_the_shared_cases) {
  const auto rows = test::shared_case_rows("tls/mta-sts-policy.jsonl");
  BOOST_TEST(rows.size() == 55U);
  for (const json::object& row : rows) {
    const auto policy = discovery::parse_sts_policy(body_of(row));
    const std::string shown = json::serialize(row).substr(0, 300);
    BOOST_TEST(policy.has_value() == wants(row, "ok"), shown);
    if (!policy) continue;
    if (const auto* mode = row.if_contains("mode")) BOOST_TEST(mail::format_sts_mode(policy->mode) == text_of(*mode));
    if (const auto* age = row.if_contains("max_age")) BOOST_TEST(policy->max_age.count() == age->as_int64());
    if (const auto* mx = row.if_contains("mx"))
      BOOST_TEST(policy->mx == json::value_to<std::vector<std::string>>(*mx), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(every_pattern_of_the_shared_cases) {
  for (const json::object& row : test::shared_case_rows("tls/mta-sts-mx-match.jsonl")) {
    const auto pattern = mail::parse_sts_pattern(text_of(row.at("pattern")));
    const bool matches = pattern && mail::sts_pattern_matches(*pattern, text_of(row.at("host")));
    BOOST_TEST(matches == row.at("match").as_bool(), json::serialize(row));
  }
}

BOOST_AUTO_TEST_CASE(every_media_type_of_the_shared_cases) {
  for (const json::object& row : test::shared_case_rows("tls/mta-sts-fetch.jsonl")) {
    if (!row.contains("content_type")) continue;  // what a fetch says: sts_lookup_test.cpp
    BOOST_TEST(discovery::is_sts_media_type(text_of(row.at("content_type"))) == wants(row, "ok"), json::serialize(row));
  }
}

BOOST_AUTO_TEST_CASE(every_tls_rpt_record_of_the_shared_cases) {
  for (const json::object& row : test::shared_case_rows("tls/tls-rpt-txt.jsonl"))
    BOOST_TEST(discovery::parse_tls_rpt(text_of(row.at("txt"))).has_value() == wants(row, "ok"), json::serialize(row));
}

BOOST_AUTO_TEST_CASE(a_domain_with_two_tls_rpt_records_wants_none) {
  BOOST_TEST(discovery::parse_tls_rpt_records({"v=TLSRPTv1; rua=mailto:a@b.example"}).size() == 1U);
  BOOST_TEST(discovery::parse_tls_rpt_records({"v=TLSRPTv1; rua=mailto:a@b.example", "v=spf1 -all"}).size() == 1U);
  BOOST_TEST(
      discovery::parse_tls_rpt_records({"v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1; rua=mailto:c@b.example"})
          .empty());
}

BOOST_AUTO_TEST_CASE(a_policy_is_not_in_force_for_more_than_a_year) {
  const auto policy = discovery::parse_sts_policy("version: STSv1\nmode: none\nmax_age: 9999999999\n");
  BOOST_TEST_REQUIRE(policy.has_value());
  BOOST_TEST(policy->max_age.count() == 31'557'600);
}

BOOST_AUTO_TEST_SUITE_END()
