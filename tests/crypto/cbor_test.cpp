// CBOR's outlines: RFC 8949's examples, and what CTAP 2.1 §8 does not allow.
#include "crypto/cbor.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern::crypto;

std::string octets(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

BOOST_AUTO_TEST_SUITE(cbor)

BOOST_AUTO_TEST_CASE(rfc_8949_appendix_a) {
  for (const char* hex : {"00",
                          "17",
                          "1818",
                          "1903e8",
                          "1a000f4240",
                          "1b000000e8d4a51000",
                          "20",
                          "3903e7",
                          "f4",
                          "f6",
                          "f97bff",
                          "fb3ff199999999999a",
                          "40",
                          "4401020304",
                          "60",
                          "6449455446",
                          "62c3bc",
                          "80",
                          "83010203",
                          "8301820203820405",
                          "a0",
                          "a201020304",
                          "a26161016162820203",
                          "98190102030405060708090a0b0c0d0e0f101112131415161718181819"}) {
    const std::string whole = octets(hex);
    BOOST_TEST(cbor_size(whole).value() == whole.size(), hex);
    BOOST_TEST(cbor_size(whole + "x").value() == whole.size(), hex);
    BOOST_TEST(!cbor_size(std::string_view(whole).substr(0, whole.size() - 1)), hex);
  }
}

BOOST_AUTO_TEST_CASE(indefinite_lengths_tags_and_what_is_reserved_are_not_taken) {
  for (const char* hex : {"5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "bfff", "c11a514b67b0", "1c",
                          "1d", "1e", "1f", "ff"})
    BOOST_TEST(!cbor_size(octets(hex)), hex);
}

BOOST_AUTO_TEST_CASE(a_length_that_lies_costs_nothing) {
  for (const char* hex : {"5bffffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff",
                          "bb800000000000000000", "9affffffff00"})
    BOOST_TEST(!cbor_size(octets(hex)), hex);
}

BOOST_AUTO_TEST_CASE(four_levels_are_taken_and_five_are_not) {
  BOOST_TEST(cbor_size(octets("8181818100")).value() == 5U);
  BOOST_TEST(!cbor_size(octets("818181818100")));
  BOOST_TEST(!cbor_size(std::string(100'000, '\x81')));
}

BOOST_AUTO_TEST_CASE(a_map_of_texts_is_read_by_name) {
  const std::string whole = octets("a26161016162820203");
  const auto entries = cbor_map(whole);
  BOOST_REQUIRE(entries);
  BOOST_TEST(entries->size() == 2U);
  BOOST_TEST(entries->at("a") == octets("01"));
  BOOST_TEST(entries->at("b") == octets("820203"));
  for (const char* hex : {"a10102", "a2616101616102", "a161610100", "83616101", "", "a1", "f6", "a1416101"})
    BOOST_TEST(!cbor_map(octets(hex)), hex);
}

BOOST_AUTO_TEST_CASE(a_string_is_all_there_is) {
  BOOST_TEST(cbor_bytes(octets("4401020304")).value() == octets("01020304"));
  BOOST_TEST(cbor_text(octets("6449455446")).value() == "IETF");
  BOOST_TEST(!cbor_bytes(octets("6449455446")));
  BOOST_TEST(!cbor_text(octets("4401020304")));
  BOOST_TEST(!cbor_text(octets("644945544600")));
  BOOST_TEST(!cbor_text(octets("64494554")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
