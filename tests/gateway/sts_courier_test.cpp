// DELIVER under an MTA-STS policy: which hosts are asked, and what becomes of mail that none may have.
#include "gateway/courier.hpp"
#include "tests/gateway/scene.hpp"
#include "tests/support/https_server.hpp"

namespace {

using namespace postern;
using discovery::RecordType;

/// lab.example with two hosts, the first of which no policy here allows; it publishes a policy, which is kept.
struct Lab final : discovery::Resolver {
  std::string id = "1";
  net::awaitable<discovery::DnsAnswer> resolve(std::string name, RecordType type) override {
    discovery::DnsAnswer answer;
    answer.status = discovery::DnsStatus::insecure;
    answer.name_exists = true;
    if (type == RecordType::mx) answer.records = {{type, 60, 10, "evil.example"}, {type, 60, 20, "mx.example"}};
    if (type == RecordType::a)
      answer.records = {{type, 60, 0, name.starts_with("mta-sts.") ? "127.0.0.1" : "192.0.2.9"}};
    if (type == RecordType::txt) answer.records = {{type, 60, 0, "v=STSv1; id=" + id}};
    co_return answer;
  }
};

std::string policy_text(const std::string& mode, const std::string& mx) {
  return test::http_reply("version: STSv1\nmode: " + mode + "\nmx: " + mx + "\nmax_age: 604800\n");
}

struct Delivery {
  test::Scene scene;
  Lab dns;
  test::Pki root = test::authority("root");
  test::HttpsServer policies;
  std::unique_ptr<net::Dialer> https = net::make_dialer();
  discovery::StsCache cache;
  std::optional<discovery::StsLookup> sts;
  unsigned connections = 0;
  bool offer_starttls = true;
  std::vector<std::shared_ptr<bool>> in_clear;

  Delivery(const std::string& mode, const std::string& mx)
      : policies(test::issue(root, {.names = {"mta-sts.lab.example"}}), {policy_text(mode, mx)}) {
    net::TlsClientOptions client;
    client.system_roots = false;
    client.ca_pem = test::pem_of(root);
    discovery::StsOptions options;
    options.port = policies.local().port;
    options.egress.listed = [](const std::string&) { return true; };
    sts.emplace(dns, *https, net::TlsClient::make(client).value(), cache, scene.clock, scene.random, options);
    scene.dialer.connect = [this] {
      ++connections;
      auto host = std::make_unique<test::FakeMx>();
      host->offer_starttls = offer_starttls;
      return host;
    };
  }
  mail::Outcome send() {
    BOOST_REQUIRE(scene.send(test::small_message) == "250");
    const auto stored = scene.queue().at(0);
    const auto& route = std::get<mail::TlsRelay>(stored.recipients.at(0).ladder.at(0));
    gateway::Services& plain = scene.services();
    gateway::Services services{scene.config,
                               Current(plain.tenants.get()),
                               scene.clock,
                               scene.random,
                               *scene.spool,
                               plain.policy,
                               dns,
                               scene.dialer,
                               plain.tls_client,
                               plain.disk,
                               plain.inspect,
                               plain.in_flight,
                               plain.being_read,
                               plain.returns,
                               nullptr,
                               &*sts};
    return test::run(gateway::deliver(services, stored.message, stored.recipients, route)).at(0);
  }
};

bool tells(const mail::Basis& basis, const std::string& what) {
  return std::ranges::any_of(basis.evidence,
                             [&](const mail::Evidence& one) { return mail::format_evidence(one).contains(what); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sts_courier)

BOOST_AUTO_TEST_CASE(a_host_that_no_pattern_allows_is_passed_over_and_the_next_has_the_mail) {
  Delivery lab("enforce", "mx.example");
  const mail::Outcome outcome = lab.send();
  const auto* delivered = std::get_if<mail::Delivered>(&outcome);
  BOOST_TEST_REQUIRE((delivered != nullptr));
  BOOST_TEST(delivered->host == "mx.example");
  BOOST_TEST((delivered->basis.required == mail::TlsLevel::mta_sts));
  BOOST_TEST(tells(delivered->basis, "MTA-STS of lab.example: enforce, mx.example, 604800 s"));
  BOOST_TEST(lab.connections == 1U);
}

BOOST_AUTO_TEST_CASE(where_starttls_is_stripped_nothing_leaves_and_no_rung_ends) {
  Delivery lab("enforce", "mx.example");
  lab.offer_starttls = false;
  const mail::Outcome outcome = lab.send();
  const auto* deferred = std::get_if<mail::Deferred>(&outcome);
  BOOST_TEST_REQUIRE((deferred != nullptr));
  BOOST_TEST((deferred->lesson == mail::TlsLesson::promise_broken));
}

BOOST_AUTO_TEST_CASE(where_no_host_is_allowed_none_is_even_asked) {
  Delivery lab("enforce", "elsewhere.example");
  const mail::Outcome outcome = lab.send();
  const auto* deferred = std::get_if<mail::Deferred>(&outcome);
  BOOST_TEST_REQUIRE((deferred != nullptr));
  BOOST_TEST((deferred->lesson == mail::TlsLesson::promise_broken));
  BOOST_TEST(deferred->reason == "the domain's MTA-STS policy does not allow evil.example");
  BOOST_TEST(lab.connections == 0U);
}

BOOST_AUTO_TEST_CASE(a_policy_that_has_changed_is_read_again_before_mail_is_put_off) {
  Delivery lab("enforce", "elsewhere.example");
  const mail::Domain domain = *mail::Domain::parse("lab.example");
  BOOST_TEST(test::run(lab.sts->find(domain)).sts.enforced());
  lab.policies.say({policy_text("enforce", "mx.example")});  // and the id in the DNS is the old one still
  lab.scene.clock.forward(std::chrono::minutes(10));
  const mail::Outcome outcome = lab.send();
  const auto* delivered = std::get_if<mail::Delivered>(&outcome);
  BOOST_TEST_REQUIRE((delivered != nullptr));
  BOOST_TEST(delivered->host == "mx.example");
}

BOOST_AUTO_TEST_CASE(a_policy_that_is_tested_stops_nothing_and_is_told_of) {
  Delivery lab("testing", "mx.example");
  lab.offer_starttls = false;
  const mail::Outcome outcome = lab.send();
  const auto* delivered = std::get_if<mail::Delivered>(&outcome);
  BOOST_TEST_REQUIRE((delivered != nullptr));
  BOOST_TEST(delivered->host == "evil.example");
  BOOST_TEST(tells(delivered->basis, "would have stopped this mail: the policy does not allow evil.example (testing)"));
}

BOOST_AUTO_TEST_SUITE_END()
