#include "mail/tlsa.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;

const std::string sha256(64, 'a'), sha512(128, 'b');

bool usable(const std::string& text) {
  const auto record = mail::parse_tlsa(text);
  return record && mail::has_usable_form(*record);
}

BOOST_AUTO_TEST_CASE(a_record_is_read_and_written) {
  const auto record = mail::parse_tlsa("3 1 1 " + sha256);
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->usage == 3);
  BOOST_TEST(record->data == std::string(32, '\xaa'));
  BOOST_TEST(mail::format_tlsa(*record) == "3 1 1 " + sha256);
  BOOST_TEST(
      (mail::parse_tlsa("3 1 1 " + sha256.substr(0, 10) + " " + sha256.substr(10)) == *record));  // as zones break it
  for (const char* wrong : {"", "3", "3 1", "3 1 x ab", "256 1 1 ab", "3 1 1 abc", "3 1 1 gg", "-1 1 1 ab"})
    BOOST_TEST(!mail::parse_tlsa(wrong).has_value(), wrong);
}

// RFC 7672 §3.1: what a client of SMTP cannot match counts as if it were not there, but for the promise of TLS.
BOOST_AUTO_TEST_CASE(only_dane_ta_and_dane_ee_of_whole_digests_are_usable) {
  for (const std::string& right : {"3 1 1 " + sha256, "3 0 2 " + sha512, std::string("2 1 0 abcd"), "2 0 1 " + sha256})
    BOOST_TEST(usable(right), right);
  for (const std::string& wrong : {"0 0 1 " + sha256, "1 0 1 " + sha256, "4 0 1 " + sha256, "255 0 1 " + sha256,
                                   "3 2 1 " + sha256, "3 1 3 " + sha256, "3 1 1 " + sha512, "3 1 2 " + sha256,
                                   std::string("3 1 1"), std::string("3 1 0"), "3 1 1 " + sha256.substr(2)}) {
    BOOST_TEST(!usable(wrong), wrong);
  }
}

}  // namespace
