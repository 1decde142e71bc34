// Which named authorities vouch for a client's certificate, over real TLS.
#include <boost/test/unit_test.hpp>

#include "net/runtime.hpp"
#include "net/tls.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/pki.hpp"
#include "tests/support/run.hpp"

namespace {

using namespace postern;
using test::Pki;

Secret secret(const std::string& text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

constexpr std::chrono::seconds patience{10};

/// Own and other, each with an issuing authority below it.
struct Authorities {
  Pki own = test::authority("own"), other = test::authority("other");
  Pki issuing = test::issue(own, {.common_name = "issuing", .is_ca = true});
  const test::Wanted wanted = {.names = {"relay.example"}, .usage = "clientAuth"};

  /// What the server says of a connection that shows this certificate and what is below it; it knows these authorities.
  net::TlsSession shown(const Pki& leaf, const std::string& below, std::vector<net::NamedAuthority> named) const {
    const test::Certificate server = test::make_certificate("mx.example");
    net::TlsServerOptions options{server.certificate_pem, secret(server.key_pem), true, pem_of(other)};
    options.named_authorities = std::move(named);
    const auto tls = net::TlsServer::make(options).value();
    net::TlsClientOptions ours;
    ours.certificate_pem = pem_of(leaf) + below;
    ours.key_pem = secret(key_pem_of(leaf));
    const auto client = net::TlsClient::make(ours).value()->resuming("the same");

    net::TlsSession seen;
    net::Runtime runtime(1);
    net::TaskGroup tasks("server");
    const auto serve = [&](std::unique_ptr<net::Stream> stream) -> net::awaitable<void> {
      stream->expires_after(patience);
      seen = co_await stream->accept_tls(*tls);
      co_await stream->write("x");
      co_await stream->shutdown();
    };
    const auto refuse = [](std::unique_ptr<net::Stream>) -> net::awaitable<void> { co_return; };
    const auto acceptor = net::Acceptor::open(runtime, tasks, {{"127.0.0.1", 0}, 100, 100}, serve, refuse).value();
    const auto dialer = net::make_dialer();
    bool resumed = false;
    const auto twice = [&]() -> net::awaitable<void> {
      for (int i = 0; i < 2; ++i) {
        auto stream = co_await dialer->dial(acceptor->local(), patience);
        stream->expires_after(patience);
        resumed = (co_await stream->start_tls(*client, "mx.example")).resumed;
        std::string word(1, '\0');
        (void)co_await stream->read_some(word);
        co_await stream->shutdown();
      }
    };
    test::run(twice());
    acceptor->close();
    tasks.cancel();
    tasks.join();
    BOOST_TEST(resumed == options.named_authorities.empty());
    return seen;
  }
  std::vector<std::string> vouching(const Pki& leaf, const std::string& below = "") const {
    return shown(leaf, below, {{"own", pem_of(own)}, {"issuing", pem_of(issuing)}, {"other", pem_of(other)}})
        .vouched_by;
  }
};

using Names = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(client_authorities, Authorities)

BOOST_AUTO_TEST_CASE(each_speaks_for_what_it_certified_and_for_nothing_else) {
  BOOST_TEST(vouching(issue(own, wanted)) == Names{"own"}, boost::test_tools::per_element());
  BOOST_TEST(vouching(issue(other, wanted)) == Names{"other"}, boost::test_tools::per_element());
  BOOST_TEST((vouching(issue(issuing, wanted), pem_of(issuing)) == Names{"own", "issuing"}));
  // Whom the chain does not lead to, and an authority of the same name that is not the same.
  BOOST_TEST((vouching(issue(issuing, wanted)) == Names{"issuing"}));
  BOOST_TEST((vouching(issue(test::authority("own"), wanted)) == Names{}));
  BOOST_TEST((vouching(test::issue(nullptr, wanted)) == Names{}));
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_out_of_time_or_for_servers_alone_is_vouched_for_by_nobody) {
  BOOST_TEST(
      (vouching(issue(own, {.names = {"relay.example"}, .usage = "clientAuth", .from_days = -9, .to_days = -1})) ==
       Names{}));
  BOOST_TEST((vouching(issue(own, {.names = {"relay.example"}, .usage = "serverAuth"})) == Names{}));
  const Pki leaf = issue(own, wanted);
  BOOST_TEST((vouching(issue(leaf, wanted), pem_of(leaf)) == Names{}));  // a leaf is no authority
}

BOOST_AUTO_TEST_CASE(the_listeners_own_judgement_is_another) {
  const net::TlsSession session = shown(issue(own, wanted), "", {{"own", pem_of(own)}});
  BOOST_TEST(!session.chain_valid);
  BOOST_TEST(session.vouched_by == Names{"own"}, boost::test_tools::per_element());
  const net::TlsSession trusted = shown(issue(other, wanted), "", {{"own", pem_of(own)}});
  BOOST_TEST(trusted.chain_valid);
  BOOST_TEST(trusted.vouched_by.empty());
}

BOOST_AUTO_TEST_CASE(without_named_authorities_sessions_are_resumed_as_ever) {
  BOOST_TEST(shown(issue(other, wanted), "", {}).vouched_by.empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_authority_is_an_error) {
  const test::Certificate server = test::make_certificate("mx.example");
  for (const std::string& pem : {std::string(), std::string("nothing"),
                                 pem_of(own) + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    net::TlsServerOptions options{server.certificate_pem, secret(server.key_pem), true, ""};
    options.named_authorities = {{"file:own.pem", pem}};
    const auto made = net::TlsServer::make(options);
    BOOST_REQUIRE(!made.has_value());
    BOOST_TEST(made.error().text.starts_with("file:own.pem: "));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
