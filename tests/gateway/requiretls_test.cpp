// REQUIRETLS and "TLS-Required: No" (RFC 8689) from the sender's session to the recipient's.
#include <chrono>

#include "tests/gateway/hosts.hpp"
#include "tests/gateway/scene.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using audit::EventKind;
using discovery::DnsStatus;

const std::string not_needed = "TLS-Required: No\r\n" + test::small_message;

struct Mail : test::Scene {
  test::Hosts hosts{*this};

  explicit Mail(const std::string& rules = "") : Scene(rules) {
    resolver.status = resolver.tlsa = DnsStatus::secure;  // who serves the domain is proven
    hosts.offer_requiretls = true;
  }
  /// By a session inside TLS from its first byte on.
  std::string send_with(const std::string& parameters, const std::string& message = test::small_message) {
    std::string session = test::session_of(message);
    const std::string from = "MAIL FROM:<ann@clinic.example>";
    session.insert(session.find(from) + from.size(), parameters);
    test::MemoryStream stream(session);
    smtp::ServerOptions options;
    options.hostname = config.hostname;
    options.starttls = smtp::Starttls::implicit;
    options.tls = test::tls_server();
    const auto intake = gateway::make_intake(services());
    test::run(smtp::serve(stream, options, *intake));
    return test::reply_to_body(stream.out);
  }
  [[nodiscard]] bool kept() const { return hosts.kept() > 0; }
  [[nodiscard]] bool saw(const std::string& command) const {
    return std::ranges::any_of(hosts.dialled, [&](const auto& host) { return host->mx.seen(command); });
  }
  /// Attempts until the rungs of what was sent have ended.
  void deliver_for(Duration time) {
    for (Duration gone{}; gone <= time; gone += 5min) {
      deliver_due();
      clock.forward(5min);
    }
  }
  [[nodiscard]] std::string last_reason() { return queue().at(0).recipients.at(0).last_reason; }
  [[nodiscard]] std::string status_of(EventKind kind) {
    for (const auto& [position, bytes] : spool->events_after(0, 10'000).value()) {
      const auto event = audit::decode_event(bytes);
      if (event->kind == kind) return event->status;
    }
    return "";
  }
};

const std::string protect_all = R"(
[[rule]]
name = "all"
when.to = "outside"
then = { action = "protect", methods = ["tls"], reason = "All of it" }
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(requiretls)

BOOST_AUTO_TEST_CASE(it_goes_on_to_a_host_that_takes_it_over_with_restarts_between) {
  Mail mail;
  BOOST_REQUIRE(mail.send_with(" REQUIRETLS") == "250");
  mail.restart();
  mail.deliver_due();
  BOOST_TEST(mail.kept());
  BOOST_TEST(mail.saw("MAIL FROM:<ann@clinic.example> REQUIRETLS"));
  BOOST_TEST(mail.queue().empty());
}

BOOST_AUTO_TEST_CASE(mail_that_does_not_ask_goes_on_without_it) {
  Mail mail;
  BOOST_REQUIRE(mail.send_with("") == "250");
  mail.deliver_due();
  BOOST_TEST(mail.kept());
  BOOST_TEST(!mail.saw("MAIL FROM:<ann@clinic.example> REQUIRETLS"));
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_announce_it_hears_nothing_and_the_mail_goes_back) {
  Mail mail;
  mail.hosts.offer_requiretls = false;
  BOOST_REQUIRE(mail.send_with(" REQUIRETLS") == "250");
  mail.deliver_due();
  BOOST_TEST(!mail.saw("MAIL"));
  BOOST_TEST(mail.last_reason() == "the server does not offer REQUIRETLS");
  BOOST_TEST(mail.count(EventKind::bounced) == 0U);  // once is no proof
  mail.deliver_for(1h);
  BOOST_TEST(mail.status_of(EventKind::bounced) == "5.7.30");
  BOOST_TEST(!mail.memory.fresh(*mail::Domain::parse("lab.example"), mail.clock.now()));  // of TLS it says nothing
}

BOOST_AUTO_TEST_CASE(where_starttls_is_taken_away_it_does_not_leave) {
  Mail mail;
  mail.hosts.offer_starttls = false;
  BOOST_REQUIRE(mail.send_with(" REQUIRETLS") == "250");
  mail.deliver_for(1h);
  BOOST_TEST(!mail.saw("MAIL FROM:<ann"));
  BOOST_TEST(mail.status_of(EventKind::bounced) == "5.7.30");
}

BOOST_AUTO_TEST_CASE(where_nobody_proves_who_serves_the_domain_its_own_certificate_is_needed) {
  Mail mail;
  mail.resolver.status = DnsStatus::insecure;
  BOOST_REQUIRE(mail.send_with(" REQUIRETLS") == "250");
  mail.deliver_due();
  BOOST_TEST(!mail.saw("MAIL"));
  BOOST_TEST(mail.last_reason() == "the certificate is not for lab.example");
}

BOOST_AUTO_TEST_CASE(the_notice_goes_back_under_the_same_duty_first_and_never_in_the_clear) {
  Mail mail;
  mail.hosts.offer_requiretls = false;
  BOOST_REQUIRE(mail.send_with(" REQUIRETLS") == "250");
  mail.deliver_for(20min);
  const auto queue = mail.queue();
  BOOST_TEST_REQUIRE(queue.size() == 1U);
  BOOST_TEST(!queue[0].message.envelope.from);
  const mail::Ladder& ladder = queue[0].recipients.at(0).ladder;
  BOOST_TEST(std::get<mail::TlsRelay>(ladder.at(0)).floor.requiretls);
  mail.hosts.offer_starttls = false;
  mail.deliver_for(2h);
  BOOST_TEST(!mail.kept());
  for (const auto& host : mail.hosts.dialled)
    BOOST_TEST(!host->mx.mail_in_clear);
}

BOOST_AUTO_TEST_CASE(a_notice_that_cannot_go_back_under_the_same_duty_goes_in_tls) {
  Mail mail;
  mail.hosts.offer_requiretls = false;
  BOOST_REQUIRE(mail.send_with(" REQUIRETLS") == "250");
  mail.deliver_for(2h);
  BOOST_TEST(mail.kept());
  BOOST_TEST(mail.saw("MAIL FROM:<>"));
  BOOST_TEST(!mail.saw("MAIL FROM:<ann"));
  for (const auto& host : mail.hosts.dialled)
    BOOST_TEST(!host->mx.mail_in_clear);
}

BOOST_AUTO_TEST_CASE(tls_required_no_disregards_a_promise_that_cannot_be_checked) {
  for (const bool says_no : {false, true}) {
    Mail mail;
    mail.resolver.tlsa = DnsStatus::failed;
    mail.hosts.offer_starttls = false;
    BOOST_REQUIRE(mail.send_with("", says_no ? not_needed : test::small_message) == "250");
    mail.deliver_due();
    BOOST_TEST(mail.kept() == says_no);
  }
}

BOOST_AUTO_TEST_CASE(protection_and_requiretls_beat_tls_required_no) {
  for (const bool protect : {false, true}) {
    Mail mail(protect ? protect_all : "");
    mail.resolver.tlsa = DnsStatus::failed;
    mail.hosts.offer_starttls = false;
    BOOST_REQUIRE(mail.send_with(protect ? "" : " REQUIRETLS", not_needed) == "250");
    mail.deliver_for(1h);
    BOOST_TEST(!mail.saw("MAIL"));
  }
}

BOOST_AUTO_TEST_CASE(tls_is_used_all_the_same_where_it_works) {
  Mail mail;
  BOOST_REQUIRE(mail.send_with("", not_needed) == "250");
  mail.deliver_due();
  BOOST_TEST_REQUIRE(mail.kept());
  BOOST_TEST(!mail.hosts.dialled.front()->mx.mail_in_clear);
}

BOOST_AUTO_TEST_SUITE_END()
