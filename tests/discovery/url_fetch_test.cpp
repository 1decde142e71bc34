// What a stranger's URL can make us do: one request, to a public address, within limits of size and time.
#include "discovery/url_fetch.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/discovery/scripted.hpp"
#include "tests/support/fake_web.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using discovery::HttpUrl;
using discovery::parse_http_url;
using discovery::parse_https_url;
using test::http_ok;

/// crl.example is 8.8.8.8, which nothing but the fake web connects to.
struct World {
  discovery::TableResolver dns;
  discovery::FakeClock clock;
  discovery::CountingRandom random;
  test::FakeWeb web;
  net::EgressPolicy egress;
  std::vector<std::string> requests;

  World() {
    dns.address("crl.example", "8.8.8.8");
    web.at["8.8.8.8:80"] = [this](const std::string& request) {
      requests.push_back(request);
      return http_ok("the list");
    };
  }
  Result<std::string> fetch(discovery::UrlWanted wanted = {.url = "http://crl.example/ca.crl"}) {
    discovery::UrlFetch fetcher(dns, web, clock, random, egress);
    return test::run(fetcher.fetch(std::move(wanted)));
  }
  std::string why_not(discovery::UrlWanted wanted = {.url = "http://crl.example/ca.crl"}) {
    const auto fetched = fetch(std::move(wanted));
    return fetched ? "it was fetched" : fetched.error().text;
  }
};

BOOST_AUTO_TEST_SUITE(url_fetch)

BOOST_AUTO_TEST_CASE(urls_that_are_asked) {
  const auto check = [](std::string_view url, const HttpUrl& wanted) {
    const auto parsed = parse_http_url(url);
    BOOST_TEST((parsed && *parsed == wanted), url);
  };
  check("http://crl.example/ca.crl", {"crl.example", 80, "/ca.crl"});
  check("HTTP://CRL.Example", {"crl.example", 80, "/"});
  check("http://crl.example:8080?a=b#c", {"crl.example", 8080, "/?a=b"});
  check("http://crl.example:/x:y@z", {"crl.example", 80, "/x:y@z"});
  check("http://192.0.2.1:81/", {"192.0.2.1", 81, "/"});
  check("http://[2001:db8::1]:81/x", {"2001:db8::1", 81, "/x"});
  check("http://[2001:db8::1]", {"2001:db8::1", 80, "/"});
}

BOOST_AUTO_TEST_CASE(urls_of_https_are_asked_for_by_name) {
  const auto parsed = parse_https_url("HTTPS://reports.example/v1?a");
  BOOST_TEST((parsed && *parsed == HttpUrl{"reports.example", 443, "/v1?a", true}));
  BOOST_TEST(!parse_https_url("http://reports.example/"));
}

BOOST_AUTO_TEST_CASE(urls_that_are_not) {
  const std::string lines = "http://crl.example/x\r\nX: y", zero("http://crl.example/\0", 20);
  for (const std::string& url :
       {std::string(), std::string("http://"), std::string("https://crl.example/"), std::string("ldap://crl.example/"),
        std::string("http:///ca.crl"), std::string("http://user@crl.example/"), std::string("http://u:p@crl.example/"),
        std::string("http://crl.example:0/"), std::string("http://crl.example:65536/"),
        std::string("http://crl.example:8o/"), std::string("http://crl.example/a b"), lines, zero,
        std::string("http://\xc3\xa4.example/"), std::string("http://[crl.example]/"), std::string("http://[::1/"),
        std::string("http://a]b/"), "http://" + std::string(254, 'a') + "/",
        "http://crl.example/" + std::string(2'000, 'x')})
    BOOST_TEST(!parse_http_url(url), url);
}

BOOST_AUTO_TEST_CASE(get_and_post) {
  World world;
  BOOST_TEST(world.fetch().value() == "the list");
  BOOST_REQUIRE(world.requests.size() == 1U);
  BOOST_TEST(world.requests[0] ==
             "GET /ca.crl HTTP/1.1\r\nHost: crl.example\r\nUser-Agent: Postern\r\nAccept: */*\r\nConnection: "
             "close\r\n\r\n");
  world.web.at["8.8.8.8:8080"] = world.web.at["8.8.8.8:80"];
  BOOST_TEST(world.fetch({.url = "http://crl.example:8080", .post = net::HttpContent{"a/b", "question"}}).has_value());
  BOOST_TEST(world.requests.at(1) ==
             "POST / HTTP/1.1\r\nHost: crl.example:8080\r\nUser-Agent: Postern\r\nAccept: */*\r\nConnection: "
             "close\r\nContent-Type: a/b\r\nContent-Length: 8\r\n\r\nquestion");
}

BOOST_AUTO_TEST_CASE(only_public_addresses_and_those_that_are_listed_are_connected_to) {
  for (const char* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "fd00::1", "::1"}) {
    World world;
    world.dns.table.clear();
    world.dns.address("crl.example", address);
    BOOST_TEST(world.why_not() == std::string("crl.example: its address ") + address + " is not public");
    BOOST_TEST(world.web.dialled().empty());
  }
  World world;
  for (const char* url : {"http://127.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/", "http://10.1.2.3/",
                          "http://[::ffff:127.0.0.1]/"})
    BOOST_TEST(world.why_not({.url = url}).ends_with(" is not public"), url);
  BOOST_TEST(world.web.dialled().empty());
  world.egress.listed = [](const std::string& address) { return address == "10.1.2.3"; };
  world.web.at["10.1.2.3:80"] = [](const std::string&) { return http_ok("ours"); };
  BOOST_TEST(world.fetch({.url = "http://10.1.2.3/"}).value() == "ours");
}

BOOST_AUTO_TEST_CASE(answers_that_give_nothing) {
  World world;
  const auto answers = [&](std::optional<std::string> text) {
    world.web.at["8.8.8.8:80"] = [text](const std::string&) { return text; };
    return world.why_not({.url = "http://crl.example/", .longest = 10, .patience = 300ms});
  };
  BOOST_TEST(answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") == "crl.example: it answers 404");
  BOOST_TEST(answers("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n") ==
             "crl.example: it answers 302");
  BOOST_TEST(answers("220 mx ESMTP\r\n") == "crl.example: the answer is not HTTP");
  BOOST_TEST(answers(http_ok("0123456789")) == "it was fetched");
  BOOST_TEST(answers(http_ok("0123456789a")) == "crl.example: the answer is too long");
  BOOST_TEST(answers("HTTP/1.1 200 OK\r\n\r\nopen end") == "crl.example: the answer does not say where it ends");
  BOOST_TEST(answers("") == "crl.example: the answer breaks off");
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST(answers(std::nullopt) == "crl.example: no answer in time");
  BOOST_TEST((std::chrono::steady_clock::now() - began < 3s));
  world.dns.table.clear();
  BOOST_TEST(world.why_not().starts_with("crl.example: "));
}

BOOST_AUTO_TEST_CASE(a_second_address_helps_out) {
  World world;
  world.dns.address("crl.example", "2606:4700::1");  // IPv6 is tried first, and nobody is there
  BOOST_TEST(world.fetch().value() == "the list");
  BOOST_TEST(world.web.dialled().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
