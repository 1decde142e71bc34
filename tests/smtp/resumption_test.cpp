// TLS sessions that are resumed, against a real server: what they prove, and for whom they are found.
#include <boost/test/unit_test.hpp>

#include "net/tls.hpp"
#include "tests/smtp/sending.hpp"
#include "tests/smtp/server.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

/// A receiving server with one certificate, trusted by `trusting` and not by `doubting`.
struct Resuming : Server {
  std::shared_ptr<const net::TlsClient> trusting = client_that_trusts(certificate.certificate_pem);
  std::shared_ptr<const net::TlsClient> doubting =
      client_that_trusts(test::make_certificate("ca.example").certificate_pem);
  std::unique_ptr<net::Dialer> dialer = net::make_dialer();

  Resuming() : Server(Starttls::required) {}

  /// What the handshake of one more connection is; a word is spoken over it, with which its tickets come.
  net::TlsSession connect(const net::TlsClient& tls) { return test::run(connection(tls)); }
  net::awaitable<net::TlsSession> connection(const net::TlsClient& tls) {
    auto stream = co_await dialer->dial(acceptor->local(), patience);
    stream->expires_after(patience);
    co_await hear(*stream);
    for (const std::string line : {"EHLO c.example\r\n", "STARTTLS\r\n"}) {
      co_await stream->write(line);
      co_await hear(*stream);
    }
    net::TlsSession session = co_await stream->start_tls(tls, "mx.example");
    const std::string hello = "EHLO c.example\r\n";
    co_await stream->write(hello);
    co_await hear(*stream);
    co_await stream->shutdown();
    co_return session;
  }
  static net::awaitable<void> hear(net::Stream& stream) {
    std::string block(4096, '\0');
    (void)co_await stream.read_some(block);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resumption, Resuming)

BOOST_AUTO_TEST_CASE(a_session_that_is_resumed_tells_of_the_certificate_as_the_first_did) {
  const auto tls = trusting->resuming("a");
  const net::TlsSession first = connect(*tls);
  BOOST_TEST(!first.resumed);
  BOOST_TEST(first.chain_valid);
  for (int i = 0; i < 5; ++i) {  // each is used once, and each connection brings new ones
    const net::TlsSession again = connect(*tls);
    BOOST_TEST(again.resumed);
    BOOST_TEST(again.version == first.version);
    BOOST_TEST(again.chain_valid);
    BOOST_TEST(again.names == first.names, boost::test_tools::per_element());
    BOOST_TEST(again.fingerprint == first.fingerprint);
    BOOST_TEST(!again.fingerprint.empty());
    BOOST_TEST(!again.group.empty());
  }
}

BOOST_AUTO_TEST_CASE(what_was_not_trusted_is_not_trusted_when_it_is_resumed) {
  const auto tls = doubting->resuming("a");
  const net::TlsSession first = connect(*tls), again = connect(*tls);
  BOOST_TEST(!first.chain_valid);
  BOOST_TEST(again.resumed);
  BOOST_TEST(!again.chain_valid);
  BOOST_TEST(again.chain_error == first.chain_error);
}

BOOST_AUTO_TEST_CASE(a_session_is_found_for_its_own_purpose_under_its_own_authorities_and_until_it_is_forgotten) {
  const auto tls = trusting->resuming("a");
  (void)connect(*tls);
  BOOST_TEST(!connect(*trusting->resuming("b")).resumed);
  BOOST_TEST(!connect(*trusting).resumed);
  BOOST_TEST(!connect(*doubting->resuming("a")).resumed);
  BOOST_TEST(connect(*trusting->resuming("a")).resumed);
  tls->forget_sessions();
  BOOST_TEST(!connect(*tls).resumed);
  BOOST_TEST(connect(*tls).resumed);
}

BOOST_AUTO_TEST_CASE(mail_resumes_what_mail_of_an_equal_requirement_began_and_nothing_else) {
  struct Watched final : test::QuietStream {
    explicit Watched(std::unique_ptr<net::Stream> s, bool& r) : inner(std::move(s)), resumed(r) {}
    net::awaitable<std::size_t> read_some(std::span<char> into) override { co_return co_await inner->read_some(into); }
    net::awaitable<void> write(std::string_view bytes) override { co_await inner->write(bytes); }
    void expires_after(std::chrono::milliseconds time) override { inner->expires_after(time); }
    net::awaitable<void> shutdown() override { co_await inner->shutdown(); }
    net::awaitable<net::TlsSession> start_tls(const net::TlsClient& tls, std::string name) override {
      net::TlsSession session = co_await inner->start_tls(tls, std::move(name));
      resumed = session.resumed;
      co_return session;
    }
    std::unique_ptr<net::Stream> inner;
    bool& resumed;
  };
  const auto send = [this](mail::TlsLevel level, const std::shared_ptr<const net::TlsClient>& tls) {
    Sending sending;
    sending.demand(level);
    sending.options.tls = tls;
    sending.parts.body_size = sending.body.size();
    bool resumed = false;
    const mail::Outbound outbound = gateway::Protector::make(sending.parts);
    PiecedBody body(sending.body);
    const auto run = [&]() -> net::awaitable<SessionResult> {
      Watched stream(co_await dialer->dial(acceptor->local(), patience), resumed);
      co_return co_await smtp::send(stream, sending.options, outbound, body,
                                    []() -> net::awaitable<void> { co_return; });
    };
    const SessionResult result = test::run(run());
    return (result.host_failure ? describe(*result.host_failure) : describe(result.outcomes.at(0))) +
           (resumed ? " resumed" : "");
  };
  using mail::TlsLevel;
  BOOST_TEST(send(TlsLevel::opportunistic, trusting) == "delivered 250 dsn");
  BOOST_TEST(send(TlsLevel::opportunistic, trusting) == "delivered 250 dsn resumed");
  BOOST_TEST(send(TlsLevel::verified, trusting) == "delivered 250 dsn");
  BOOST_TEST(send(TlsLevel::verified, trusting) == "delivered 250 dsn resumed");
  BOOST_TEST(send(TlsLevel::encrypted, trusting) == "delivered 250 dsn");
  // What did not meet its requirement is not resumed: the certificate may be another one next time.
  BOOST_TEST(send(TlsLevel::opportunistic, doubting) == "delivered 250 dsn");
  BOOST_TEST(send(TlsLevel::verified, doubting) == "host requirement lesson=incapable");
  BOOST_TEST(send(TlsLevel::verified, doubting) == "host requirement lesson=incapable");
  BOOST_TEST(send(TlsLevel::opportunistic, doubting) == "delivered 250 dsn resumed");
}

BOOST_AUTO_TEST_SUITE_END()
