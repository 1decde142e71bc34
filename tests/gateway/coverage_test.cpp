// Exchange's message trace against our events, in the forms in which an administrator has them.
#include "gateway/coverage.hpp"

#include <boost/test/unit_test.hpp>

#include "gateway/csv.hpp"

namespace {

using namespace postern;

const std::string csv =
    "#TYPE Selected.System.Object\r\n"
    "\"Received\",\"SenderAddress\",\"RecipientAddress\",\"Subject\",\"Status\",\"MessageId\"\r\n"
    "\"2026-11-01\",\"Ann@clinic.example\",\"bob@lab.example\",\"Hello, \"\"Bob\"\"\r\nand "
    "more\",\"Delivered\",\"<1@clinic.example>\"\r\n"
    "\"2026-11-02\",\"ann@clinic.example\",\"eve@lab.example\",\"x\",\"Delivered\",\"<2@clinic.example>\"\r\n"
    "\"2026-11-02\",\"ann@clinic.example\",\"joe@clinic.example\",\"x\",\"Delivered\",\"<3@clinic.example>\"\r\n"
    "\"2026-11-02\",\"eve@lab.example\",\"ann@clinic.example\",\"x\",\"Delivered\",\"<4@lab.example>\"\r\n"
    "\"2026-11-02\",\"ann@clinic.example\",\"bob@lab.example\",\"x\",\"Failed\",\"<5@clinic.example>\"\r\n";
const std::string events =
    R"({"id":1,"event":"accepted","message_id":"<1@Clinic.example>","recipient":"BOB@lab.example"})"
    "\n"
    R"({"id":2,"event":"accepted","message_id":"<2@clinic.example>","recipient":"bob@lab.example"})"
    "\n{\"id\":3,\"ev";

std::vector<policy::Tenant> tenants() {
  policy::Tenant tenant;
  tenant.domains = {"clinic.example"};
  return {tenant};
}

gateway::Coverage coverage_of(const std::string& trace) {
  const auto traced = gateway::read_message_trace(trace);
  BOOST_TEST_REQUIRE(traced.has_value());
  return gateway::coverage(*traced, gateway::read_seen(events).value(), tenants());
}

std::string utf16(const std::string& text) {
  std::string out = "\xFF\xFE";
  for (const char c : text)
    out += std::string{c, '\0'};
  return out;
}

BOOST_AUTO_TEST_SUITE(covering)

BOOST_AUTO_TEST_CASE(outbound_mail_that_we_never_saw_is_listed) {
  for (const std::string& trace : {csv, "\xEF\xBB\xBF" + csv, utf16(csv)}) {
    const gateway::Coverage result = coverage_of(trace);
    BOOST_TEST(result.outbound == 2U);
    BOOST_TEST_REQUIRE(result.missed.size() == 1U);
    BOOST_TEST(result.missed[0].recipient == "eve@lab.example");  // <2> went to bob through us, to eve it did not
    BOOST_TEST(gateway::format_coverage(result) ==
               "2026-11-02  ann@clinic.example -> eve@lab.example  <2@clinic.example>\n2 outbound, 1 never passed the "
               "gateway\n");
  }
}

BOOST_AUTO_TEST_CASE(json_and_the_long_report_say_the_same) {
  const std::string json =
      R"({"value":[{"Received":"2026-11-02","SenderAddress":"ann@clinic.example","RecipientAddress":"eve@lab.example","Status":"Delivered","MessageId":"<2@clinic.example>","Size":5}]})";
  const std::string report =
      "origin_timestamp,sender_address,recipient_status,message_id\n"
      "2026-11-02,ann@clinic.example,eve@lab.example##Receive,<2@clinic.example>\n"
      "2026-11-02,ann@clinic.example,bob@lab.example##Send;joe@lab.example##Fail,<2@clinic.example>\n";
  BOOST_TEST(coverage_of(json).missed.size() == 1U);
  const gateway::Coverage result = coverage_of(report);
  BOOST_TEST(result.outbound == 2U);
  BOOST_TEST(result.missed.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_compared_is_an_error_not_full_coverage) {
  for (const char* bad : {"", "\n", "[1]", "{", "{}", "a,b\n1,2\n", "messageid,sender,recipient\n\"unclosed"})
    BOOST_TEST(!gateway::read_message_trace(bad).has_value(), bad);
  BOOST_TEST(!gateway::read_seen(R"({"message_id":"hmac:00","recipient":"hmac:00"})").has_value());
  BOOST_TEST(!gateway::read_seen(R"({"message_id":"*@x.example","recipient":"*@lab.example"})").has_value());
}

BOOST_AUTO_TEST_CASE(csv_is_read_as_rfc_4180_writes_it) {
  const auto rows = gateway::parse_csv("a,\"b\"\"c\nd\",\r\n\n,x\n\"\"");
  BOOST_REQUIRE(rows.has_value());
  const std::vector<gateway::CsvRow> expected = {{"a", "b\"c\nd", ""}, {"", "x"}};
  BOOST_TEST((*rows == expected));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
