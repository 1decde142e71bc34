// Only your tenant relays, at the gateway's door: what is kept of refused mail, what is cut out of all mail, and that a
// message which left before is held when it comes back.
#include "crypto/loop_trace.hpp"
#include "gateway/named_networks.hpp"
#include "tests/gateway/scene.hpp"

namespace {

using namespace postern;
using test::Scene;

const std::string key_text = "present-value-0123456789";

Secret secret(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

/// The scene's tenant with a secret header and a way back into its Exchange.
struct Bound : Scene {
  Bound() {
    auto all = std::make_shared<std::vector<policy::Tenant>>(*tenants());
    all->front().bind.secret = policy::SecretHeader{"X-Clinic-Key", {secret(key_text)}};
    all->front().markers = {"X-Clinic-Passed"};
    services().tenants.set(all);
    services().returns = std::make_shared<gateway::ReturnPaths>(std::vector<gateway::ReturnPath>{}, trace_key);
  }
  [[nodiscard]] std::string kept_body() {
    const auto stored = queue().at(0).message;
    return spool->open_body(stored).value()->next().value();
  }
  Secret trace_key = crypto::loop_trace_key(secret("0123456789abcdef0123456789abcdef"));
};

const std::string from = "From: ann@clinic.example\r\nMessage-ID: <1@clinic.example>\r\n",
                  key = "X-Clinic-Key: " + key_text + "\r\n";

BOOST_AUTO_TEST_SUITE(binding)

BOOST_AUTO_TEST_CASE(nothing_of_refused_mail_is_written_but_the_event_that_tells_of_it) {
  Bound scene;
  const std::string body = "\r\n" + std::string(20'000, 'x').append("\r\n");
  std::string long_body = "\r\n";
  while (long_body.size() < 2 * spool::chunk_size)
    long_body += std::string(98, 'x') + "\r\n";
  for (const std::string& text : {body, long_body}) {
    const std::uint64_t before = scene.writes();
    BOOST_TEST(scene.send(from + text) == "550");
    BOOST_TEST(scene.writes() == before + 1);
    BOOST_TEST(scene.queue().empty());
  }
  const std::uint64_t before = scene.writes();
  BOOST_TEST(scene.send(from + key + long_body) == "250");  // as it is with mail that is kept
  BOOST_TEST(scene.writes() > before + 1);
}

BOOST_AUTO_TEST_CASE(secrets_and_markers_are_cut_before_mail_is_kept_and_nothing_else_is) {
  Bound scene;
  const std::string rest = "\r\nX-Clinic-Key: in the body it is text\r\n";
  BOOST_TEST(scene.send(from + "x-clinic-passed: forged\r\n" + key +
                        "X-Postern-Trace: v1\r\n\tforged\r\nX-Clinic-Keys: stay\r\n" + rest) == "250");
  BOOST_TEST(scene.kept_body() == from + "X-Clinic-Keys: stay\r\n" + rest);
}

std::string traced(const Bound& scene, const crypto::TraceSubject& subject, unsigned hop = 1) {
  return "X-Postern-Trace:\r\n\t" + crypto::format_loop_trace(scene.trace_key, subject, {hop, scene.clock.now()}) +
         "\r\n";
}
const crypto::TraceSubject itself = {"clinic", "<1@clinic.example>", *mail::Address::parse("ann@clinic.example")};

BOOST_AUTO_TEST_CASE(a_message_that_left_before_is_held_as_a_loop_and_told_of) {
  Bound scene;
  BOOST_TEST(scene.send(from + key + traced(scene, itself, 2) + "\r\nHello\r\n") == "250");
  const spool::StoredMessage stored = scene.queue().at(0);
  BOOST_TEST(std::holds_alternative<spool::Held>(stored.recipients.at(0).state));
  BOOST_TEST(stored.recipients.at(0).verdict.why.at(0).rule == "loop");
  BOOST_TEST(stored.message.envelope.origin.hops == 2U);
  BOOST_TEST(scene.count(audit::EventKind::held) == 1U);
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_judged_late_is_held_too) {
  Scene late("", [](unsigned) { return test::Inspection::hang; });
  late.config.inspect_budget = std::chrono::milliseconds(20);
  const Secret key_of_ours = crypto::loop_trace_key(secret("0123456789abcdef0123456789abcdef"));
  late.services().returns = std::make_shared<gateway::ReturnPaths>(std::vector<gateway::ReturnPath>{}, key_of_ours);
  BOOST_TEST(late.send(from +
                       "X-Postern-Trace: " + crypto::format_loop_trace(key_of_ours, itself, {1, late.clock.now()}) +
                       "\r\n\r\nHello\r\n") == "250");
  late.release_inspector();
  test::run(gateway::judge_late(late.services(), late.queue()[0].message.envelope.id));
  BOOST_TEST(std::holds_alternative<spool::Held>(late.queue().at(0).recipients.at(0).state));
}

BOOST_AUTO_TEST_CASE(the_trace_of_another_message_means_nothing) {
  const crypto::TraceSubject others[] = {
      {"second", itself.message_id, itself.from},
      {itself.tenant, "<2@clinic.example>", itself.from},
      {itself.tenant, itself.message_id, *mail::Address::parse("bob@clinic.example")},
      {itself.tenant, itself.message_id, {}}};
  for (const crypto::TraceSubject& other : others) {
    Bound scene;
    BOOST_TEST(scene.send(from + key + traced(scene, other) + "\r\nHello\r\n") == "250");
    BOOST_TEST(std::holds_alternative<spool::Queued>(scene.queue().at(0).recipients.at(0).state));
  }
}

BOOST_AUTO_TEST_CASE(named_networks_are_read_with_their_date) {
  const auto named = gateway::parse_named_networks(
      "# as of: 2026-11-01; and so on\n192.0.2.0/24\tremark\n# 198.51.100.0/24\n2001:db8::/32 # x\r\n");
  BOOST_REQUIRE(named.has_value());
  BOOST_TEST(named->written == (std::vector<std::string>{"192.0.2.0/24", "2001:db8::/32"}),
             boost::test_tools::per_element());
  BOOST_TEST(named->as_of == "2026-11-01; and so on");
  BOOST_TEST(!gateway::parse_named_networks("# nothing\n").has_value());
  BOOST_TEST(!gateway::parse_named_networks("192.0.2.0/24\n192.0.2\n").has_value());
}

BOOST_AUTO_TEST_CASE(published_forms_give_the_same_networks) {
  const std::string endpoints = R"([{"id":10,"ips":["192.0.2.0/24","2001:db8::/32"],"tcpPorts":"25"},
    {"id":9,"ips":["198.51.100.0/24"],"tcpPorts":"80,443"},{"id":8,"tcpPorts":"25"},{"id":11,"ips":["192.0.2.0/24"],"tcpPorts":"25,587"}])";
  for (const std::string& text : {endpoints, std::string("\"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all\"\n"),
                                  std::string("192.0.2.0/24\n2001:db8::/32\n")}) {
    const auto read = gateway::read_published_networks(text);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->written == (std::vector<std::string>{"192.0.2.0/24", "2001:db8::/32"}),
               boost::test_tools::per_element());
  }
  for (const char* bad :
       {"", "[]", "[{", "{}", "v=spf1 -all", "v=spf1 -all\n", "v=spf1\n\n ~all \n", "v=spf1 include:other.example -all",
        "<html>busy</html>", R"([{"ips":["192.0.2.0/99"],"tcpPorts":"25"}])", R"([{"ips":[1],"tcpPorts":"25"}])"}) {
    BOOST_TEST(!gateway::read_published_networks(bad).has_value(), bad);
  }
}

BOOST_AUTO_TEST_CASE(a_list_never_shrinks_to_a_stump) {
  const std::string present = "192.0.2.0/25\n192.0.2.128/25\n198.51.100.0/24\n";
  const auto refreshed = [&](const std::string& text) {
    return gateway::refreshed_file(present, gateway::parse_named_networks(text).value_or(gateway::NamedNetworks{}),
                                   "a test", "2026-11-28");
  };
  BOOST_TEST(!refreshed("").has_value());
  BOOST_TEST(!refreshed("192.0.2.0/25\n203.0.113.0/24\n").has_value());
  const auto good = refreshed("192.0.2.0/25\n198.51.100.0/24\n203.0.113.0/24\n");
  BOOST_REQUIRE(good.has_value());
  BOOST_TEST(gateway::parse_named_networks(*good)->written.size() == 3U);
  BOOST_TEST(gateway::parse_named_networks(*good)->as_of == "2026-11-28");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
