// shared/cases/smtp/outbound-peer-behaviour.jsonl: hosts that answer oddly. The outcome of each row, in both
// modes, is written down in tests/cases/smtp/outbound-peer-behaviour.expected.
#include <boost/test/unit_test.hpp>

#include "tests/smtp/sending.hpp"
#include "tests/smtp/shared_cases.hpp"
#include "tests/support/fake_mx.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

test::FakeMx make_host(const boost::json::object& row, bool pipelining) {
  test::FakeMx host;
  host.offer_starttls = row.at("starttls_offered").as_bool();
  host.offer_pipelining = pipelining;
  if (const auto* greeting = row.if_contains("greeting")) host.greeting = std::string(greeting->as_string());
  if (const auto* overrides = row.if_contains("override")) {
    for (const auto& [verb, reply] : overrides->as_object()) {
      host.replies[test::upper(std::string(verb))] = std::string(reply.as_string());
    }
  }
  if (const auto* hidden = row.if_contains("hide")) {
    for (const auto& verb : hidden->as_array()) {
      host.replies[test::upper(std::string(verb.as_string()))] = "500 unknown\r\n";
    }
  }
  return host;
}

std::string run_row(const boost::json::object& row, mail::TlsLevel level, bool pipelining) {
  test::FakeMx host = make_host(row, pipelining);
  Sending sending;
  sending.demand(level);
  const SessionResult result = sending.through(host);
  BOOST_TEST(host.closed);
  BOOST_TEST(!host.seen("RSET"));
  // What shared/ asks of every row with TLS required.
  if (level == mail::TlsLevel::verified) BOOST_TEST(!host.mail_in_clear);

  const std::string outcome = result.host_failure ? describe(*result.host_failure) : describe(result.outcomes.at(0));
  return outcome + " mail=" + (host.mail_in_tls ? "tls" : host.mail_in_clear ? "clear" : "no");
}

}  // namespace

BOOST_AUTO_TEST_CASE(odd_hosts_end_as_written_down_for_each_row_and_mode) {
  const auto rows = test::shared_case_rows("smtp/outbound-peer-behaviour.jsonl");
  const auto expected = test::expected_lines("outbound-peer-behaviour.expected");
  BOOST_TEST(rows.size() == 59U);
  BOOST_TEST_REQUIRE(expected.size() == 2 * rows.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& row = rows[i / 2];
    const bool verified = i % 2 == 0;
    const std::string name = std::string(row.at("case").as_string()) + (verified ? " verified " : " opportunistic ");
    for (const bool pipelining : {false, true}) {
      const auto level = verified ? mail::TlsLevel::verified : mail::TlsLevel::opportunistic;
      BOOST_TEST(name + run_row(row, level, pipelining) == test::one_blank_between_words(expected[i]));
    }
  }
}
