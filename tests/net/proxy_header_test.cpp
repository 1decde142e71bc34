// The PROXY protocol, version 2: who really connects.
#include "net/proxy_header.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/run.hpp"
#include "tests/support/streams.hpp"

using namespace postern;
using namespace std::string_literals;

namespace {

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

/// `version_command` is 0x21 for PROXY, 0x20 for LOCAL; `family` 0x11 for TCP over IPv4, 0x21 over IPv6.
std::string header(char version_command, char family, const std::string& rest) {
  const auto size = static_cast<unsigned>(rest.size());
  return signature + version_command + family + static_cast<char>(size >> 8) + static_cast<char>(size & 255U) + rest;
}

const std::string ipv4 = "\xc0\x00\x02\x07"s + "\x7f\x00\x00\x01"s + "\x9c\x40"s + "\x00\x19"s;
const std::string ipv6 =
    "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07" + std::string(16, '\0') + "\x9c\x40\x00\x19"s;

std::string source_of(const std::string& bytes) {
  const auto source = net::parse_proxy_header(bytes);
  if (!source) return "refused";
  return *source ? net::format_endpoint(**source) : "the balancer itself";
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_source_is_who_connects) {
  BOOST_TEST(source_of(header(0x21, 0x11, ipv4)) == "192.0.2.7:40000");
  BOOST_TEST(source_of(header(0x21, 0x21, ipv6)) == "[2001:db8::7]:40000");
  BOOST_TEST(source_of(header(0x21, 0x11, ipv4 + "\x03\x00\x04" + "crc0")) == "192.0.2.7:40000");  // with a TLV
  BOOST_TEST(source_of(header(0x20, 0x00, "")) == "the balancer itself");
}

BOOST_AUTO_TEST_CASE(whatever_is_not_clear_is_refused) {
  const std::string good = header(0x21, 0x11, ipv4);
  BOOST_TEST(source_of("PROXY TCP4 192.0.2.7 127.0.0.1 40000 25\r\n") == "refused");  // version 1
  BOOST_TEST(source_of(header(0x11, 0x11, ipv4)) == "refused");                       // another version
  BOOST_TEST(source_of(header(0x22, 0x11, ipv4)) == "refused");                       // an unknown command
  BOOST_TEST(source_of(header(0x21, 0x12, ipv4)) == "refused");                       // UDP
  BOOST_TEST(source_of(header(0x21, 0x31, ipv4)) == "refused");                       // a UNIX socket
  BOOST_TEST(source_of(header(0x21, 0x21, ipv4)) == "refused");                       // IPv6 with too few octets
  BOOST_TEST(source_of(good + "x") == "refused");
  for (std::size_t size = 0; size < good.size(); ++size)
    BOOST_TEST(source_of(good.substr(0, size)) == "refused", "cut after " << size);
  const std::string endless = header(0x21, 0x11, ipv4 + std::string(5000, '\0'));
  BOOST_TEST(!net::proxy_header_size(endless.substr(0, net::proxy_fixed_size)));
}

BOOST_AUTO_TEST_CASE(what_stands_behind_the_header_is_the_client_s) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    const auto task = [piece]() -> net::awaitable<std::string> {
      auto stream = co_await net::behind_proxy(
          std::make_unique<test::MemoryStream>(header(0x21, 0x11, ipv4) + "EHLO c.example\r\n", piece));
      std::string heard(4, '\0');
      std::size_t have = 0;
      while (have < heard.size())
        have += co_await stream->read_some(std::span(heard).subspan(have));
      co_return net::format_endpoint(stream->peer()) + " says " + heard;
    };
    BOOST_TEST(test::run(task()) == "192.0.2.7:40000 says EHLO");
  }
}

BOOST_AUTO_TEST_CASE(a_balancer_that_says_nothing_proper_is_hung_up_on) {
  for (const std::string& bytes : {"EHLO c.example\r\n"s, header(0x21, 0x11, ipv4).substr(0, 20), ""s}) {
    const auto task = [bytes]() -> net::awaitable<void> {
      (void)co_await net::behind_proxy(std::make_unique<test::MemoryStream>(bytes));
    };
    BOOST_CHECK_THROW(test::run(task()), net::Broken);
  }
}
