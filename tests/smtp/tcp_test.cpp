// Both sessions over real sockets and real TLS, on loopback.
#include <boost/test/unit_test.hpp>

#include "tests/smtp/sending.hpp"
#include "tests/smtp/server.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

/// A peer that speaks for itself.
struct Peer {
  std::unique_ptr<net::Dialer> dialer = net::make_dialer();

  net::awaitable<std::string> run(net::Endpoint to, std::vector<std::string> says, const net::TlsClient* tls) {
    auto stream = co_await dialer->dial(to, patience);
    stream->expires_after(patience);
    std::string heard = co_await hear(*stream);
    for (const std::string& line : says) {
      co_await stream->write(line);
      heard += co_await hear(*stream);
    }
    if (tls != nullptr) (void)co_await stream->start_tls(*tls, "mx.example");
    for (std::string more = co_await hear(*stream); !more.empty(); more = co_await hear(*stream))
      heard += more;
    co_return heard;
  }
  static net::awaitable<std::string> hear(net::Stream& stream) {
    std::string block(4096, '\0');
    const std::size_t got = co_await stream.read_some(block);
    co_return block.substr(0, got);
  }
};

SessionResult deliver(Server& server, Sending& sending) {
  const auto dialer = net::make_dialer();
  sending.parts.body_size = sending.body.size();
  const mail::Outbound outbound = gateway::Protector::make(sending.parts);
  PiecedBody body(sending.body, 10'000);
  const auto run = [&]() -> net::awaitable<SessionResult> {
    auto stream = co_await dialer->dial(server.acceptor->local(), patience);
    co_return co_await send(*stream, sending.options, outbound, body, []() -> net::awaitable<void> { co_return; });
  };
  SessionResult result = test::run(run());
  server.end();
  return result;
}

const std::string greeting = "220 gw.example ESMTP Postern\r\n";
const std::string last_word = "421 4.4.2 gw.example waited too long\r\n";

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_that_says_nothing_is_told_so_before_the_connection_ends) {
  Server server(Starttls::off, std::chrono::milliseconds(100));
  Peer peer;
  BOOST_TEST(test::run(peer.run(server.acceptor->local(), {}, nullptr)) == greeting + last_word);
}

BOOST_AUTO_TEST_CASE(a_client_that_falls_silent_inside_tls_is_told_so_inside_tls) {
  Server server(Starttls::offered, std::chrono::milliseconds(200));
  const auto tls = client_that_trusts(server.certificate.certificate_pem);
  Peer peer;
  const std::string heard =
      test::run(peer.run(server.acceptor->local(), {"EHLO c.example\r\n", "STARTTLS\r\n"}, tls.get()));
  BOOST_TEST(heard.starts_with(greeting));
  BOOST_TEST(heard.ends_with("220 2.0.0 Ready to start TLS\r\n" + last_word));
}

BOOST_AUTO_TEST_CASE(a_message_of_several_blocks_arrives_as_it_was_sent) {
  Server server;
  Sending sending;
  for (int i = 0; i < 20'000; ++i)
    sending.body += i % 7 == 0 ? ".line\r\n" : "a line of text\r\n";
  const SessionResult result = deliver(server, sending);
  BOOST_TEST_REQUIRE(result.outcomes.size() == 1U);
  BOOST_TEST(describe(result.outcomes[0]) == "delivered 250 dsn");
  BOOST_TEST_REQUIRE(server.receiver.messages.size() == 1U);
  BOOST_TEST((server.receiver.messages[0] == sending.parts.prefix + sending.body));
}

BOOST_AUTO_TEST_CASE(verified_mail_goes_over_tls_to_the_host_that_its_certificate_names) {
  Server server(Starttls::required);
  Sending sending;
  sending.demand(mail::TlsLevel::verified);
  sending.options.tls = client_that_trusts(server.certificate.certificate_pem);
  const SessionResult result = deliver(server, sending);
  BOOST_TEST(!result.host_failure.has_value());
  BOOST_TEST_REQUIRE(result.outcomes.size() == 1U);
  BOOST_TEST(describe(result.outcomes[0]) == "delivered 250 dsn");
  BOOST_TEST((result.tls.version == mail::TlsVersion::tls1_3));
  BOOST_TEST(result.tls.names == std::vector<std::string>{"mx.example"}, boost::test_tools::per_element());
  BOOST_TEST(server.receiver.messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(verified_mail_stays_where_nobody_vouches_for_the_certificate) {
  Server server(Starttls::required);
  Sending sending;
  sending.demand(mail::TlsLevel::verified);
  sending.options.tls = client_that_trusts(test::make_certificate("ca.example").certificate_pem);
  const SessionResult result = deliver(server, sending);
  BOOST_TEST_REQUIRE(result.host_failure.has_value());
  BOOST_TEST(describe(*result.host_failure) == "host requirement lesson=incapable");
  BOOST_TEST(server.receiver.messages.empty());
  BOOST_TEST(std::ranges::none_of(server.receiver.log, [](const auto& call) { return call.starts_with("mail"); }));
}

BOOST_AUTO_TEST_CASE(verified_mail_stays_where_the_certificate_is_anothers) {
  Server server(Starttls::required);
  Sending sending;
  sending.demand(mail::TlsLevel::verified);
  sending.parts.requirement.names = {"mx.other.example"};
  sending.options.tls = client_that_trusts(server.certificate.certificate_pem);
  const SessionResult result = deliver(server, sending);
  BOOST_TEST_REQUIRE(result.host_failure.has_value());
  BOOST_TEST(describe(*result.host_failure) == "host requirement lesson=incapable");
  BOOST_TEST(server.receiver.messages.empty());
}
