// A domain that asks for it hears, the day after, how TLS with its mail servers went.
#include "gateway/tls_reporter.hpp"

#include <boost/json.hpp>
#include <zlib.h>

#include "base/base64.hpp"
#include "mail/headers.hpp"
#include "tests/gateway/hosts.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using test::Scene;
namespace json = boost::json;

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  BOOST_REQUIRE(inflateInit2(&stream, MAX_WBITS + 16) == Z_OK);
  std::string text(1U << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  BOOST_REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

/// The report in a mail.
json::object report_in(const std::string& message) {
  const std::size_t part = message.find("Content-Type: application/tlsrpt+gzip");
  BOOST_REQUIRE(part != std::string::npos);
  const std::size_t begin = message.find("\r\n\r\n", part) + 4, end = message.find("\r\n\r\n", begin);
  std::string text = message.substr(begin, end - begin);
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  return json::parse(gunzip(parse_base64(text).value())).as_object();
}

struct Reporting {
  test::Folder folder;
  Scene scene;
  test::Hosts hosts{scene};
  std::unique_ptr<gateway::TlsReporter> reporter;

  Reporting() {
    scene.config.state = folder.path();
    scene.config.tls_reports.from = mail::Address::parse("tls-reports@clinic.example").value();
    scene.config.tls_reports.organization = "Clinic";
    scene.config.tls_reports.spread = 0ms;
    scene.resolver.texts["_smtp._tls.lab.example"] = "v=TLSRPTv1; rua=mailto:tls@lab.example";
    reporter = gateway::TlsReporter::open(scene.services());
    BOOST_REQUIRE(reporter != nullptr);
    scene.services().tls_tallies = &reporter->tallies();
  }
  void send() {
    scene.clock.forward(1s);
    BOOST_REQUIRE(scene.send(test::small_message) == "250");
    scene.deliver_due();
  }
  void turn() { test::run(reporter->turn(scene.clock.now())); }
  [[nodiscard]] std::vector<spool::StoredMessage> reports() {
    auto all = scene.queue();
    std::erase_if(all, [](const auto& one) { return one.message.envelope.peer.listener != "tls-report"; });
    return all;
  }
  [[nodiscard]] bool anything_counted() {
    return !reporter->tallies()
                .ended(std::chrono::floor<std::chrono::days>(scene.clock.now()) + std::chrono::days(2))
                .empty();
  }
};

BOOST_AUTO_TEST_SUITE(tls_reports)

BOOST_AUTO_TEST_CASE(the_day_after_a_report_is_mailed) {
  Reporting one;
  one.send();
  one.send();
  one.turn();
  BOOST_TEST(one.reports().empty());  // the day has not ended
  one.scene.clock.forward(24h);
  one.turn();
  BOOST_REQUIRE(one.reports().size() == 1U);
  const mail::Envelope envelope = one.reports()[0].message.envelope;
  BOOST_TEST(!envelope.from.has_value());
  BOOST_TEST(envelope.to[0].str() == "tls@lab.example");
  BOOST_TEST(envelope.tls_optional);
  BOOST_TEST(envelope.origin.tenant == "clinic");

  one.scene.deliver_due();
  const std::string message = one.hosts.messages().back();
  const mail::HeaderView headers(message);
  BOOST_TEST(headers.first("TLS-Report-Domain").value().raw == " lab.example\r\n");
  BOOST_TEST(headers.first("TLS-Required").value().raw == " No\r\n");
  const json::object report = report_in(message);
  BOOST_TEST(report.at("organization-name").as_string() == "Clinic");
  BOOST_TEST(report.at("contact-info").as_string() == "tls-reports@clinic.example");
  BOOST_TEST(report.at("policies").as_array().size() == 1U);
  const json::object policy = report.at("policies").as_array()[0].as_object();
  BOOST_TEST(policy.at("policy").at("policy-type").as_string() == "no-policy-found");
  BOOST_TEST(policy.at("summary").at("total-successful-session-count").as_int64() == 2);
  BOOST_TEST(policy.at("summary").at("total-failure-session-count").as_int64() == 0);
  BOOST_TEST(!policy.contains("failure-details"));
}

BOOST_AUTO_TEST_CASE(sessions_in_the_clear_are_failures_with_both_ends) {
  Reporting one;
  one.hosts.offer_starttls = false;
  one.send();
  one.scene.clock.forward(24h);
  one.turn();
  one.hosts.offer_starttls = true;
  one.scene.deliver_due();
  const json::object report = report_in(one.hosts.messages().back());
  const json::object failure = report.at("policies").at(0).at("failure-details").at(0).as_object();
  BOOST_TEST(failure.at("result-type").as_string() == "starttls-not-supported");
  BOOST_TEST(failure.at("receiving-mx-hostname").as_string() == "mx.example");
  BOOST_TEST(failure.at("failed-session-count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(a_reports_own_session_counts_for_no_report) {
  Reporting one;
  one.send();
  one.scene.clock.forward(24h);
  one.turn();
  BOOST_TEST(!one.anything_counted());
  one.scene.deliver_due();
  BOOST_TEST(one.hosts.dialled.size() == 2U);
  BOOST_TEST(!one.anything_counted());
}

BOOST_AUTO_TEST_CASE(a_record_gets_five_reports_at_most) {
  Reporting one;
  std::string record = "v=TLSRPTv1; rua=MAILTO:r0@lab.example";
  for (int i = 1; i < 50; ++i)
    record += ",mailto:r" + std::to_string(i) + "@lab.example";
  one.scene.resolver.texts["_smtp._tls.lab.example"] = record;
  one.send();
  one.scene.clock.forward(24h);
  one.turn();
  BOOST_TEST(one.reports().size() == 5U);
}

BOOST_AUTO_TEST_CASE(who_does_not_ask_gets_none) {
  Reporting one;
  one.scene.resolver.texts.clear();
  one.send();
  one.scene.clock.forward(24h);
  one.turn();
  BOOST_TEST(one.reports().empty());
  BOOST_TEST(!one.anything_counted());
}

BOOST_AUTO_TEST_CASE(a_resolver_that_does_not_answer_is_asked_again_each_hour_for_a_day) {
  Reporting one;
  one.send();
  one.scene.clock.forward(24h);
  one.scene.resolver.status = discovery::DnsStatus::failed;
  one.turn();
  one.scene.resolver.status = discovery::DnsStatus::insecure;
  one.turn();
  BOOST_TEST(one.reports().empty());  // the hour is not over
  one.scene.clock.forward(1h);
  one.turn();
  BOOST_TEST(one.reports().size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_told_in_a_day_is_given_up) {
  Reporting one;
  one.send();
  one.scene.resolver.status = discovery::DnsStatus::failed;
  for (int hours = 0; hours < 50; ++hours) {
    one.scene.clock.forward(1h);
    one.turn();
  }
  BOOST_TEST(!one.anything_counted());
}

BOOST_AUTO_TEST_CASE(reports_leave_within_the_time_that_is_set) {
  Reporting one;
  one.scene.config.tls_reports.spread = 4h;
  one.send();
  const Time midnight = std::chrono::floor<std::chrono::days>(one.scene.clock.now()) + 24h;
  one.scene.clock.forward(midnight - one.scene.clock.now());
  unsigned minutes = 0;
  for (; one.reports().empty() && minutes <= 240; ++minutes) {
    one.turn();
    one.scene.clock.forward(1min);
  }
  BOOST_TEST(minutes > 1U);
  BOOST_TEST(minutes <= 241U);
}

BOOST_AUTO_TEST_CASE(without_an_address_nobody_reports) {
  Scene scene;
  BOOST_TEST(gateway::TlsReporter::open(scene.services()) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
