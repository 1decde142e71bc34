// Authenticator apps: the RFCs' own vectors, and which step counts.
#include "crypto/totp.hpp"

#include <boost/test/unit_test.hpp>

#include "base/base32.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

Secret secret(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

const Secret rfc = secret("12345678901234567890");

Time at(std::int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

BOOST_AUTO_TEST_SUITE(totp)

BOOST_AUTO_TEST_CASE(rfc_4226_appendix_d) {
  const char* digits[] = {"755224", "287082", "359152", "969429", "338314",
                          "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t counter = 0; counter < std::size(digits); ++counter)
    BOOST_TEST(hotp(rfc, counter) == digits[counter]);
}

BOOST_AUTO_TEST_CASE(rfc_6238_appendix_b_with_sha_1) {
  const std::pair<std::int64_t, const char*> rows[] = {{59, "94287082"},
                                                       {1'111'111'109, "07081804"},
                                                       {1'111'111'111, "14050471"},
                                                       {1'234'567'890, "89005924"},
                                                       {2'000'000'000, "69279037"},
                                                       {20'000'000'000, "65353130"}};
  for (const auto& [seconds, digits] : rows)
    BOOST_TEST(hotp(rfc, totp_step(at(seconds)), 8) == digits);
}

BOOST_AUTO_TEST_CASE(one_step_either_way_is_right_and_says_which) {
  const std::uint64_t step = totp_step(at(1'111'111'109));
  BOOST_TEST(check_totp(rfc, "081804", at(1'111'111'109)).value() == step);
  BOOST_TEST(check_totp(rfc, "081804", at(1'111'111'109 + 30)).value() == step);
  BOOST_TEST(check_totp(rfc, "081804", at(1'111'111'109 - 30)).value() == step);
  BOOST_TEST(!check_totp(rfc, "081804", at(1'111'111'109 + 60)));
  BOOST_TEST(!check_totp(rfc, "081804", at(1'111'111'109 - 60)));
}

BOOST_AUTO_TEST_CASE(a_step_is_used_once_and_none_before_it_afterwards) {
  const Time now = at(1'111'111'109);
  const std::uint64_t step = totp_step(now);
  BOOST_TEST(check_totp(rfc, hotp(rfc, step), now, step - 1).value() == step);
  BOOST_TEST(!check_totp(rfc, hotp(rfc, step), now, step));
  BOOST_TEST(!check_totp(rfc, hotp(rfc, step - 1), now, step));
  BOOST_TEST(check_totp(rfc, hotp(rfc, step + 1), now, step).value() == step + 1);
}

BOOST_AUTO_TEST_CASE(is_typed_as_apps_show_it) {
  const Time now = at(1'111'111'109);
  for (const char* typed : {"081804", "081 804", " 0 8 1 8 0 4 "})
    BOOST_TEST(check_totp(rfc, typed, now).has_value(), typed);
  for (const char* typed : {"", "81804", "0081804", "081804x", "081805",
                            "\xD9\xA0"
                            "81804"})
    BOOST_TEST(!check_totp(rfc, typed, now).has_value(), typed);
  BOOST_TEST(!check_totp(rfc, "081804" + std::string(100, ' '), now).has_value());
}

BOOST_AUTO_TEST_CASE(a_secret_is_160_random_bits_and_is_typed_in_base_32) {
  test::SeededRandom random;
  const Secret one = make_totp_secret(random), other = make_totp_secret(random);
  BOOST_TEST(one.bytes().size() == 20U);
  BOOST_TEST(one.text() != other.text());
  BOOST_TEST(totp_text(rfc) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  BOOST_TEST(parse_base32(totp_text(one)).value() == one.text());
}

BOOST_AUTO_TEST_CASE(apps_are_told_in_an_address_whose_parts_nothing_can_end) {
  BOOST_TEST(totp_uri("Riverside Clinic", "bob@lab.example", rfc) ==
             "otpauth://totp/Riverside%20Clinic:bob%40lab.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
             "&issuer=Riverside%20Clinic");
  BOOST_TEST(totp_uri("A&B:?#%/\xC3\xBC", "\"x y\"@a.example", rfc)
                 .starts_with("otpauth://totp/A%26B%3A%3F%23%25%2F%C3%BC:%22x%20y%22%40a.example?secret=GEZ"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
