// People's keys in the DNS and on the web: under which name, what an answer means, and what may keep one from us.
#include <boost/test/unit_test.hpp>

#include "discovery/dns_keys.hpp"
#include "discovery/key_names.hpp"
#include "discovery/wkd.hpp"
#include "tests/discovery/scripted.hpp"
#include "tests/support/https_server.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using discovery::DnsStatus;
using discovery::KeyAnswer;
using discovery::RecordType;
using enum discovery::KeyAnswer::Result;
using test::http_reply;

mail::Address address(const std::string& text) {
  return mail::Address::parse(text).value();
}
const mail::Address hugh = address("hugh@example.com");
const std::string hugh_hash = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6";  // RFC 7929 §3.1, RFC 8162 §3

discovery::DnsAnswer answer_of(DnsStatus status, std::vector<std::string> values = {}) {
  discovery::DnsAnswer answer;
  answer.status = status;
  answer.name_exists = true;
  answer.ttl = 600;
  answer.reason = "SERVFAIL";
  answer.source = "127.0.0.1:53";
  for (std::string& value : values)
    answer.records.push_back({RecordType::smimea, 600, 0, std::move(value)});
  return answer;
}

std::string smimea(unsigned usage, unsigned selector, unsigned matching, const std::string& data = "certificate") {
  return std::string{static_cast<char>(usage), static_cast<char>(selector), static_cast<char>(matching)} + data;
}

void check(const KeyAnswer& answer, KeyAnswer::Result result, std::string_view reason) {
  BOOST_TEST((answer.result == result), answer.reason);
  BOOST_TEST(answer.reason == reason);
  BOOST_TEST(answer.candidates.empty() == (result != found));
}

BOOST_AUTO_TEST_SUITE(person_keys)

BOOST_AUTO_TEST_CASE(the_names_of_the_standards_own_examples) {
  BOOST_TEST(discovery::openpgpkey_owner(hugh) == hugh_hash + "._openpgpkey.example.com");
  BOOST_TEST(discovery::smimea_owner(hugh) == hugh_hash + "._smimecert.example.com");
  // draft-koch-openpgp-webkey-service §3.1
  const auto joe = address("Joe.Doe@Example.ORG");
  const discovery::WkdPlace advanced = discovery::wkd_advanced(joe), direct = discovery::wkd_direct(joe);
  BOOST_TEST(advanced.host == "openpgpkey.example.org");
  BOOST_TEST(advanced.target == "/.well-known/openpgpkey/example.org/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe");
  BOOST_TEST(direct.host == "example.org");
  BOOST_TEST(direct.target == "/.well-known/openpgpkey/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe");
}

BOOST_AUTO_TEST_CASE(case_and_quotes_name_nobody_else) {
  BOOST_TEST(discovery::openpgpkey_owner(address("HUGH@Example.com")) == discovery::openpgpkey_owner(hugh));
  BOOST_TEST(discovery::openpgpkey_owner(address("\"hu gh\"@example.com")) != discovery::openpgpkey_owner(hugh));
  BOOST_TEST(discovery::wkd_direct(address("\"a b&l=eve\"@example.com")).target.ends_with("?l=a%20b%26l%3Deve"));
}

BOOST_AUTO_TEST_CASE(only_what_dnssec_proves_counts) {
  using enum DnsStatus;
  check(discovery::judge_openpgpkey(answer_of(secure, {"key"})), found, "");
  check(discovery::judge_openpgpkey(answer_of(secure)), none, "there is no OPENPGPKEY record (secure)");
  check(discovery::judge_openpgpkey(answer_of(insecure, {"key"})), none,
        "OPENPGPKEY records are there, and do not count without DNSSEC");
  check(discovery::judge_openpgpkey(answer_of(insecure)), none, "there is no OPENPGPKEY record");
  // Whoever can cause these would keep the key from us: mail waits.
  check(discovery::judge_openpgpkey(answer_of(bogus)), trouble, "the look-up of OPENPGPKEY failed: SERVFAIL");
  check(discovery::judge_openpgpkey(answer_of(failed)), trouble, "the look-up of OPENPGPKEY failed: SERVFAIL");
  check(discovery::judge_smimea(answer_of(insecure, {smimea(3, 0, 0)})), none,
        "SMIMEA records are there, and do not count without DNSSEC");
  check(discovery::judge_smimea(answer_of(failed)), trouble, "the look-up of SMIMEA failed: SERVFAIL");
}

BOOST_AUTO_TEST_CASE(a_smimea_record_gives_a_certificate_only_where_it_holds_one_that_is_the_persons) {
  const auto judged = [](std::string record) {
    return discovery::judge_smimea(answer_of(DnsStatus::secure, {record}));
  };
  const KeyAnswer ee = judged(smimea(3, 0, 0));
  check(ee, found, "");
  BOOST_TEST(ee.candidates[0].bytes == "certificate");
  BOOST_TEST(ee.candidates[0].proven);
  BOOST_TEST(ee.candidates[0].evidence == "SMIMEA 3 0 0, secure, 127.0.0.1:53");
  BOOST_TEST((ee.ttl == 600s));
  // PKIX-EE: besides, a chain to an authority that we trust.
  const KeyAnswer pkix = judged(smimea(1, 0, 0));
  check(pkix, found, "");
  BOOST_TEST(!pkix.candidates[0].proven);
  for (const unsigned usage : {0U, 2U})
    check(judged(smimea(usage, 0, 0)), none,
          "SMIMEA " + std::to_string(usage) + " 0 0 names an authority, not the person's certificate");
  check(judged(smimea(4, 0, 0)), none, "SMIMEA 4 0 0 has an unknown usage");
  for (const auto& [selector, matching] : {std::pair(1U, 0U), {0U, 1U}, {0U, 2U}, {1U, 1U}, {0U, 9U}})
    check(judged(smimea(3, selector, matching)), none,
          "SMIMEA 3 " + std::to_string(selector) + " " + std::to_string(matching) +
              " is a hash or a bare key, from which no certificate can be had");
  check(judged(""), none, "SMIMEA  is too short");
  check(judged(smimea(3, 0, 0, "")), none, "SMIMEA 3 0 0 is too short");
}

BOOST_AUTO_TEST_CASE(records_that_give_nothing_do_not_hide_one_that_does_and_there_are_not_too_many) {
  const KeyAnswer answer =
      discovery::judge_smimea(answer_of(DnsStatus::secure, {smimea(3, 0, 1), smimea(3, 0, 0), smimea(2, 0, 0)}));
  BOOST_TEST((answer.result == found));
  BOOST_TEST(answer.candidates.size() == 1U);
  BOOST_TEST(discovery::judge_openpgpkey(answer_of(DnsStatus::secure, std::vector<std::string>(50, "key")))
                 .candidates.size() == 10U);
}

BOOST_AUTO_TEST_CASE(over_the_wire_the_octets_come_as_they_are_and_are_not_cached) {
  discovery::ScriptedUdp udp;
  discovery::ScriptedTcp tcp;
  discovery::FakeClock clock;
  discovery::CountingRandom random;
  const auto resolver = discovery::make_resolver({.trust_ad = true}, udp, tcp, clock, random);
  const std::string key = hugh_hash + "._openpgpkey.example.com. 300 IN OPENPGPKEY mQENBFUw8XMBCAA=";
  const std::string certificate = hugh_hash + "._smimecert.example.com. 300 IN SMIMEA 3 0 0 3082AbCd";
  udp.answer({.answer = {key}, .authenticated = true});
  udp.answer({.answer = {key}, .authenticated = false});
  const auto pgp = discovery::make_openpgpkey_source(*resolver), smime = discovery::make_smimea_source(*resolver);
  const KeyAnswer first = test::run(pgp->find(hugh));
  BOOST_REQUIRE((first.result == found));
  BOOST_TEST(first.candidates[0].bytes == std::string("\x99\x01\x0d\x04\x55\x30\xf1\x73\x01\x08\x00", 11));
  BOOST_TEST(mail::format_evidence(first.evidence.at(0)).contains("OPENPGPKEY"));
  BOOST_TEST(mail::format_evidence(first.evidence.at(0)).contains("11 octets (secure, 300 s, 127.0.0.1:53)"));
  BOOST_TEST((test::run(pgp->find(hugh)).result == none));  // the AD bit is gone: it was asked again
  udp.answer({.answer = {certificate}, .authenticated = true});
  const KeyAnswer third = test::run(smime->find(hugh));
  BOOST_REQUIRE((third.result == found));
  BOOST_TEST(third.candidates[0].bytes == "\x30\x82\xab\xcd");
  BOOST_TEST((test::run(smime->find(hugh)).result == trouble));  // silence
}

// The web

const mail::Address joe = address("joe.doe@lab.example");

/// openpgpkey.lab.example, on loopback.
struct Web {
  discovery::TableResolver dns;
  discovery::FakeClock clock;
  discovery::CountingRandom random;
  test::Pki root = test::authority("root");
  std::unique_ptr<net::Dialer> dialer = net::make_dialer();
  std::unique_ptr<test::HttpsServer> server;
  discovery::WkdOptions options;

  explicit Web(std::string reply = http_reply("the key", "200 OK", "application/octet-stream"),
               test::Wanted certificate = {.names = {"openpgpkey.lab.example", "lab.example"}}) {
    server = std::make_unique<test::HttpsServer>(test::issue(root, certificate), test::Script{std::move(reply)});
    options.port = server->local().port;
    options.patience = 1s;
    options.egress.listed = [](const std::string& one) { return one == "127.0.0.1"; };
    dns.address("openpgpkey.lab.example", "127.0.0.1");
  }
  KeyAnswer find() {
    net::TlsClientOptions client;
    client.system_roots = false;
    client.ca_pem = test::pem_of(root);
    const auto source =
        discovery::make_wkd_source(dns, *dialer, net::TlsClient::make(client).value(), clock, random, options);
    return test::run(source->find(joe));
  }
  [[nodiscard]] std::string asked_for() const {
    const auto requests = server->requests();
    return requests.empty() ? "" : requests.front().substr(0, requests.front().find(" HTTP"));
  }
};

const std::string file = discovery::wkd_direct(joe).target.substr(sizeof "/.well-known/openpgpkey" - 1);

BOOST_AUTO_TEST_CASE(the_web_server_that_the_sub_domain_names_is_asked) {
  Web web;
  web.dns.address("lab.example", "127.0.0.2");
  const KeyAnswer answer = web.find();
  BOOST_TEST_REQUIRE((answer.result == found), answer.reason);
  BOOST_TEST(answer.candidates[0].bytes == "the key");
  BOOST_TEST(answer.candidates[0].proven);
  BOOST_TEST(answer.candidates[0].evidence.starts_with("WKD, openpgpkey.lab.example, 127.0.0.1:"));
  BOOST_TEST(web.asked_for() == "GET /.well-known/openpgpkey/lab.example" + file);
}

BOOST_AUTO_TEST_CASE(the_domain_itself_is_asked_only_where_the_sub_domain_does_not_exist) {
  Web web;
  web.dns.table.clear();
  web.dns.address("lab.example", "127.0.0.1");
  BOOST_TEST((web.find().result == found));
  BOOST_TEST(web.asked_for() == "GET /.well-known/openpgpkey" + file);
  // A look-up that fails is no proof of that, nor is a web server that has no key.
  Web failing;
  failing.dns.table.clear();
  failing.dns.fails("openpgpkey.lab.example", RecordType::a);
  failing.dns.address("lab.example", "127.0.0.1");
  BOOST_TEST((failing.find().result == trouble));
  Web empty(http_reply("", "404 Not Found"));
  empty.dns.address("lab.example", "127.0.0.1");
  BOOST_TEST((empty.find().result == none));
  BOOST_TEST(failing.server->connections() + empty.server->connections() == 1U);
  Web nobody;
  nobody.dns.table.clear();
  check(nobody.find(), none, "the domain has no web server");
}

BOOST_AUTO_TEST_CASE(what_a_web_server_may_not_do) {
  const auto reason = [](Web& web) {
    const KeyAnswer answer = web.find();
    BOOST_TEST((answer.result == trouble));
    return answer.reason;
  };
  Web redirects("HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST(reason(redirects).ends_with(" answers 302"));
  Web broken(http_reply("", "500 Oops"));
  BOOST_TEST(reason(broken).ends_with(" answers 500"));
  Web long_one(http_reply(std::string(300'000, 'x')));
  BOOST_TEST(reason(long_one).ends_with("the answer is too long"));
  Web stranger(http_reply("the key"), {.names = {"www.lab.example"}});
  BOOST_TEST(reason(stranger).contains("the certificate is not for openpgpkey.lab.example"));
  BOOST_TEST(stranger.asked_for().empty());
  Web drips;
  drips.server->say({.reply = http_reply("the key"), .piece = 1, .pause = 200ms});
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST(reason(drips).contains("no answer in time"));
  BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
}

BOOST_AUTO_TEST_CASE(addresses_that_are_not_public_are_not_connected_to) {
  Web web;
  web.options.egress = {};
  const KeyAnswer answer = web.find();
  BOOST_TEST((answer.result == trouble));
  BOOST_TEST(answer.reason == "openpgpkey.lab.example: its address 127.0.0.1 is not public");
  BOOST_TEST(web.server->connections() == 0U);
}

BOOST_AUTO_TEST_CASE(an_address_literal_has_neither_records_nor_a_web_server) {
  discovery::TableResolver dns;
  const auto source = discovery::make_smimea_source(dns);
  BOOST_TEST((test::run(source->find(address("bob@[192.0.2.1]"))).result == none));
  BOOST_TEST(dns.asked.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
