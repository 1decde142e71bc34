// What a stranger's data may make us connect to.
#include "net/egress.hpp"

#include <boost/test/unit_test.hpp>

namespace {
using postern::net::is_public_address;
}

BOOST_AUTO_TEST_SUITE(egress)

BOOST_AUTO_TEST_CASE(public_addresses) {
  for (const char* address :
       {"1.1.1.1",        "8.8.8.8",         "9.255.255.255",   "11.0.0.0",          "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.1",       "169.253.255.255",   "172.15.255.255",
        "172.32.0.0",     "192.0.1.0",       "192.167.255.255", "192.169.0.0",       "198.17.255.255",
        "198.20.0.0",     "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::5", "2001:4860:4860::8888",
        "::ffff:8.8.8.8", "64:ff9b::808:808"})
    BOOST_TEST(is_public_address(address), address);
}

BOOST_AUTO_TEST_CASE(addresses_that_are_not) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.0.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.7",
                              "203.0.113.9",
                              "224.0.0.1",
                              "239.255.255.250",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::8.8.8.8",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:169.254.169.254",
                              "::ffff:7f00:1",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a00:1",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:10::1",
                              "2001:20::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2002:a00:1::1",
                              "3fff::1",
                              "fc00::1",
                              "fd12:3456::1",
                              "fe80::1",
                              "fe80::1%eth0",
                              "febf::1",
                              "fec0::1",
                              "ff02::1",
                              "ff0e::1"})
    BOOST_TEST(!is_public_address(address), address);
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_not_public) {
  for (const char* text : {"", "localhost", "mta-sts.lab.example", "1.1.1", "0x7f.1", "2130706433", "1.1.1.1 ",
                           "010.8.8.8", "1.1.1.1:443", "[2606:4700::1111]", "::ffff:1.1.1.1.1"})
    BOOST_TEST(!is_public_address(text), text);
}

BOOST_AUTO_TEST_CASE(what_is_listed_is_allowed_and_nothing_else) {
  postern::net::EgressPolicy egress;
  BOOST_TEST(egress.allows("1.1.1.1"));
  BOOST_TEST(!egress.allows("127.0.0.1"));
  egress.listed = [](const std::string& address) { return address == "127.0.0.1"; };
  BOOST_TEST(egress.allows("127.0.0.1"));
  BOOST_TEST(!egress.allows("127.0.0.2"));
  BOOST_TEST(egress.allows("1.1.1.1"));
}

BOOST_AUTO_TEST_SUITE_END()
