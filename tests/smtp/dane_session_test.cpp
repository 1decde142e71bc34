// DANE is enforced on the session that carries the data: real sockets, real TLS, and nothing sent where it fails.
#include <boost/test/unit_test.hpp>

#include "tests/smtp/sending.hpp"
#include "tests/smtp/server.hpp"
#include "tests/support/pki.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

std::string key_of(const test::Certificate& certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(
      BIO_new_mem_buf(certificate.certificate_pem.data(), static_cast<int>(certificate.certificate_pem.size())),
      BIO_free);
  const test::CertificatePtr x509(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free);
  return test::key_bytes({{X509_get_pubkey(x509.get()), EVP_PKEY_free}, x509});
}

mail::TlsRequirement dane(const std::string& key) {
  mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::dane);
  requirement.tlsa = {{3, 1, 1, test::sha256(key)}};
  requirement.tlsa_base = "mx.example";
  requirement.promised = true;
  return requirement;
}

SessionResult deliver(Server& server, const mail::TlsRequirement& requirement,
                      const std::shared_ptr<const net::TlsClient>& tls) {
  Sending sending;
  sending.parts.requirement = requirement;
  sending.options.tls = tls;
  sending.parts.body_size = sending.body.size();
  const auto dialer = net::make_dialer();
  const mail::Outbound outbound = gateway::Protector::make(sending.parts);
  PiecedBody body(sending.body);
  const auto run = [&]() -> net::awaitable<SessionResult> {
    auto stream = co_await dialer->dial(server.acceptor->local(), patience);
    co_return co_await send(*stream, sending.options, outbound, body, []() -> net::awaitable<void> { co_return; });
  };
  return test::run(run());
}

void check_nothing_was_sent(Server& server, const SessionResult& result) {
  server.end();
  BOOST_REQUIRE(result.host_failure.has_value());
  BOOST_TEST(!result.host_failure->fallback_to_clear);
  BOOST_TEST(server.receiver.messages.empty());
  BOOST_TEST(std::ranges::none_of(server.receiver.log, [](const auto& call) { return call.starts_with("mail"); }));
}

const auto trusts_nobody = client_that_trusts(test::make_certificate("ca.example").certificate_pem);

}  // namespace

BOOST_AUTO_TEST_SUITE(dane_session)

BOOST_AUTO_TEST_CASE(mail_leaves_where_the_certificate_matches_though_no_authority_vouches_for_it) {
  Server server(Starttls::required);
  const SessionResult result = deliver(server, dane(key_of(server.certificate)), trusts_nobody);
  server.end();
  BOOST_REQUIRE(result.outcomes.size() == 1U);
  BOOST_TEST(describe(result.outcomes[0]) == "delivered 250 dsn");
  BOOST_REQUIRE(result.tls.tlsa.has_value());
  BOOST_TEST(!result.tls.chain_valid);
  BOOST_TEST(server.receiver.messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_leaves_where_it_does_not_match_though_an_authority_vouches_for_it) {
  Server server(Starttls::required);
  const auto trusting = client_that_trusts(server.certificate.certificate_pem);
  const SessionResult result = deliver(server, dane("another key"), trusting);
  check_nothing_was_sent(server, result);
  BOOST_TEST(describe(*result.host_failure) == "host requirement lesson=promise-broken");
}

BOOST_AUTO_TEST_CASE(nothing_leaves_where_starttls_was_stripped) {
  Server server(Starttls::off);
  const SessionResult result = deliver(server, dane("any key"), trusts_nobody);
  check_nothing_was_sent(server, result);
  BOOST_TEST(describe(*result.host_failure) == "host starttls lesson=promise-broken");
}

// A resumed session would not say which record matched; and the records may have changed since.
BOOST_AUTO_TEST_CASE(a_session_under_dane_is_neither_resumed_nor_kept) {
  Server server(Starttls::required);
  const mail::TlsRequirement requirement = dane(key_of(server.certificate));
  for (int i = 0; i < 2; ++i) {
    const SessionResult result = deliver(server, requirement, trusts_nobody);
    BOOST_REQUIRE(result.outcomes.size() == 1U);
    BOOST_TEST(result.tls.tlsa.has_value());
  }
  BOOST_TEST(server.receiver.messages.size() == 2U);
  server.receiver.messages.clear();
  server.receiver.log.clear();
  const SessionResult rolled = deliver(server, dane("the next key"), trusts_nobody);
  check_nothing_was_sent(server, rolled);
}

BOOST_AUTO_TEST_CASE(a_group_that_is_demanded_is_offered_alone) {
  Server server(Starttls::required);
  mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::encrypted);
  requirement.groups = {"P-384"};
  const SessionResult result = deliver(server, requirement, trusts_nobody);
  server.end();
  BOOST_REQUIRE(result.outcomes.size() == 1U);
  BOOST_TEST(mail::normal_group(result.tls.group) == "P-384");
}

BOOST_AUTO_TEST_SUITE_END()
