// Good, revoked or unknown: only what the issuer signed, for this certificate, at this time, counts.
#include "crypto/revocation.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "crypto/openssl.hpp"
#include "tests/support/mail_pki.hpp"
#include "tests/support/revocation_makers.hpp"

namespace {

using namespace postern;
using namespace postern::test;
using crypto::RevocationAnswer;
using crypto::RevocationStatus;
using std::chrono::hours;

const Time now = makers_now;

const MailPki& root() {
  static const MailPki made = mail_authority("root");
  return made;
}
MailPki leaf(MailWanted wanted = {}, const MailPki& by = root()) {
  wanted.addresses = {"bob@lab.example"};
  return issue_mail(&by, wanted);
}

std::string crl(const CrlWanted& wanted, const MailPki& by = root()) {
  return make_crl(wanted, by);
}
std::string said(const MailPki& about, const OcspWanted& what, const MailPki& by = root(),
                 const MailPki& issuer = root()) {
  return make_ocsp(about, what, by, issuer);
}

void check(const RevocationAnswer& answer, RevocationStatus status, std::string_view text) {
  BOOST_TEST((answer.status == status), answer.text);
  BOOST_TEST(answer.text.contains(text), answer.text);
  BOOST_TEST((answer.status != RevocationStatus::unknown || answer.until == Time{}));
  BOOST_TEST(ERR_peek_error() == 0UL);
}

BOOST_AUTO_TEST_SUITE(revocation_answers)

BOOST_AUTO_TEST_SUITE(lists)

BOOST_AUTO_TEST_CASE(a_list_without_it_is_good_until_the_next_one) {
  const auto answer = check_crl(leaf().certificate, root().certificate, crl({.revoked = {leaf().certificate}}), now);
  check(answer, RevocationStatus::good, "CRL of 20");
  BOOST_TEST((answer.until == std::chrono::floor<std::chrono::seconds>(now + hours(24))));
}

BOOST_AUTO_TEST_CASE(a_list_with_it_is_revoked_even_when_it_is_old) {
  const auto bob = leaf().certificate;
  check(check_crl(bob, root().certificate, crl({.revoked = {leaf().certificate, bob}}), now), RevocationStatus::revoked,
        "CRL of");
  check(check_crl(bob, root().certificate, crl({.revoked = {bob}, .from = now - hours(48), .next = now - hours(24)}),
                  now),
        RevocationStatus::revoked, "CRL of");
}

BOOST_AUTO_TEST_CASE(pem_is_read_too) {
  const std::string der = crl({});
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<X509_CRL, crypto::Frees<X509_CRL_free>> list(
      d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  const crypto::Bio out = crypto::write_bio();
  PEM_write_bio_X509_CRL(out.get(), list.get());
  check(check_crl(leaf().certificate, root().certificate, crypto::contents(out), now), RevocationStatus::good, "");
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_may_be_asked_about) {
  check(check_crl(leaf({.from_days = -9, .to_days = -2}).certificate, root().certificate, crl({}), now),
        RevocationStatus::good, "");
}

BOOST_AUTO_TEST_CASE(all_else_is_unknown_and_says_why) {
  const auto bob = leaf().certificate;
  const auto ask = [&](std::string_view bytes) { return check_crl(bob, root().certificate, bytes, now); };
  const std::string good = crl({});
  check(ask(""), RevocationStatus::unknown, "no CRL");
  check(ask("<html>not here</html>"), RevocationStatus::unknown, "no CRL");
  check(ask(good + "x"), RevocationStatus::unknown, "no CRL");
  check(ask(good.substr(0, good.size() - 1)), RevocationStatus::unknown, "no CRL");
  check(ask(crl({.from = now - hours(48), .next = now - hours(1)})), RevocationStatus::unknown, "no longer valid");
  check(ask(crl({.from = now + hours(1)})), RevocationStatus::unknown, "CRL is not yet valid");
  check(ask(crl({.has_next = false})), RevocationStatus::unknown, "when the next one comes");
  std::string forged = good;
  forged.back() ^= 1;
  check(ask(forged), RevocationStatus::unknown, "CRL signature failure");
  check(ask(crl({}, mail_authority("other", {.key = "p256/other"}))), RevocationStatus::unknown,
        "unable to get certificate CRL");
  check(ask(crl({}, mail_authority("root", {.key = "p256/other"}))), RevocationStatus::unknown,
        "CRL signature failure");
}

BOOST_AUTO_TEST_CASE(a_list_for_other_certificates_says_nothing_of_this_one) {
  const auto bob = leaf({.more = {{NID_crl_distribution_points, "URI:http://ca.example/1.crl"}}}).certificate;
  const auto ask = [&](const std::string& point) {
    return check_crl(bob, root().certificate, crl({.distribution_point = point}), now);
  };
  check(ask("critical,fullname:URI:http://ca.example/1.crl"), RevocationStatus::good, "");
  check(ask("critical,fullname:URI:http://ca.example/2.crl"), RevocationStatus::unknown, "different CRL scope");
  check(ask("critical,onlyCA:TRUE"), RevocationStatus::unknown, "different CRL scope");
  check(ask("critical,onlyuser:TRUE"), RevocationStatus::good, "");
}

BOOST_AUTO_TEST_CASE(a_list_needs_an_issuer_that_may_sign_lists) {
  const MailPki weak = mail_authority("no lists", {.key = "p256/nolists", .usage = "critical,keyCertSign"});
  check(check_crl(leaf({}, weak).certificate, weak.certificate, crl({}, weak), now), RevocationStatus::unknown,
        "key usage does not include CRL signing");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ocsp)

RevocationAnswer ask(const MailPki& about, std::string_view response) {
  return check_ocsp(about.certificate, root().certificate, response, now);
}

BOOST_AUTO_TEST_CASE(the_request_names_the_certificate_and_is_the_same_each_time) {
  const MailPki bob = leaf();
  const std::string request = *crypto::ocsp_request(bob.certificate, root().certificate);
  const auto* at = reinterpret_cast<const unsigned char*>(request.data());
  const std::unique_ptr<OCSP_REQUEST, crypto::Frees<OCSP_REQUEST_free>> read(
      d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(request.size())));
  BOOST_REQUIRE(read);
  BOOST_TEST(OCSP_request_onereq_count(read.get()) == 1);
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, OCSP_onereq_get0_id(OCSP_request_onereq_get0(read.get(), 0)));
  BOOST_TEST(ASN1_INTEGER_cmp(serial, X509_get_serialNumber(bob.certificate.get())) == 0);
  BOOST_TEST((request == *crypto::ocsp_request(bob.certificate, root().certificate)));
}

BOOST_AUTO_TEST_CASE(good_revoked_and_unknown_to_the_responder) {
  const MailPki bob = leaf();
  const auto good = ask(bob, said(bob, {}));
  check(good, RevocationStatus::good, "OCSP of 20");
  BOOST_TEST((good.until == std::chrono::floor<std::chrono::seconds>(now + hours(24))));
  check(ask(bob, said(bob, {.status = V_OCSP_CERTSTATUS_REVOKED})), RevocationStatus::revoked, "OCSP of");
  check(ask(bob, said(bob, {.status = V_OCSP_CERTSTATUS_REVOKED, .from = now - hours(48), .next = now - hours(24)})),
        RevocationStatus::revoked, "");
  check(ask(bob, said(bob, {.status = V_OCSP_CERTSTATUS_UNKNOWN})), RevocationStatus::unknown, "does not know");
}

BOOST_AUTO_TEST_CASE(a_responder_that_the_issuer_made_one_may_answer) {
  const MailPki bob = leaf();
  const MailPki responder = issue_mail(&root(), {.name = "responder", .key = "p256/ocsp", .purpose = "OCSPSigning"});
  check(ask(bob, said(bob, {}, responder)), RevocationStatus::good, "");
  const MailPki old = issue_mail(
      &root(), {.name = "responder", .key = "p256/ocsp", .purpose = "OCSPSigning", .from_days = -9, .to_days = -1});
  check(ask(bob, said(bob, {}, old)), RevocationStatus::unknown, "signature does not count");
  const MailPki nobody = issue_mail(&root(), {.name = "nobody", .key = "p256/ocsp"});
  check(ask(bob, said(bob, {}, nobody)), RevocationStatus::unknown, "signature does not count");
  const MailPki stranger = issue_mail(nullptr, {.name = "stranger", .key = "p256/ocsp", .purpose = "OCSPSigning"});
  check(ask(bob, said(bob, {}, stranger)), RevocationStatus::unknown, "signature does not count");
}

BOOST_AUTO_TEST_CASE(all_else_is_unknown_and_says_why) {
  const MailPki bob = leaf(), other = leaf();
  check(ask(bob, ""), RevocationStatus::unknown, "no OCSP answer");
  check(ask(bob, "<html>"), RevocationStatus::unknown, "no OCSP answer");
  check(ask(bob, said(other, {})), RevocationStatus::unknown, "another certificate");
  check(ask(bob, said(bob, {.from = now + hours(1)})), RevocationStatus::unknown, "of the future");
  check(ask(bob, said(bob, {.from = now - hours(48), .next = now - hours(1)})), RevocationStatus::unknown,
        "no longer valid");
  check(ask(bob, said(bob, {.from = now - hours(2), .has_next = false})), RevocationStatus::unknown, "no longer valid");
  check(ask(bob, said(bob, {.from = now - std::chrono::minutes(30), .has_next = false})), RevocationStatus::good, "");
  const std::unique_ptr<OCSP_RESPONSE, crypto::Frees<OCSP_RESPONSE_free>> later(
      OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, nullptr));
  check(ask(bob, der_of(later.get(), i2d_OCSP_RESPONSE)), RevocationStatus::unknown, "trylater");
  std::string forged = said(bob, {});
  forged[forged.size() / 3] ^= 1;
  BOOST_TEST((ask(bob, forged).status == RevocationStatus::unknown));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(where_one_may_ask) {
  const auto bob = leaf(
      {.more = {
           {NID_crl_distribution_points, "URI:http://ca.example/1.crl,URI:ldap://ca.example/x,URI:HTTP://b.example/1"},
           {NID_info_access,
            "OCSP;URI:http://ocsp.example/,OCSP;URI:https://ocsp.example/,caIssuers;URI:http://ca.example/ca.cer"}}});
  const auto sources = crypto::revocation_sources(bob.certificate);
  BOOST_TEST(sources.crl == (std::vector<std::string>{"http://ca.example/1.crl", "HTTP://b.example/1"}),
             boost::test_tools::per_element());
  BOOST_TEST(sources.ocsp == std::vector<std::string>{"http://ocsp.example/"}, boost::test_tools::per_element());
  BOOST_TEST(crypto::revocation_sources(leaf().certificate).crl.empty());
}

BOOST_AUTO_TEST_CASE(of_a_chain_the_worst_counts_for_the_shortest_time) {
  const RevocationAnswer good{RevocationStatus::good, now, "good"},
      longer{RevocationStatus::good, now + hours(1), "longer"};
  BOOST_TEST((crypto::worse(longer, good).until == now));
  BOOST_TEST(
      (crypto::worse(good, {RevocationStatus::revoked, now + hours(5), "r"}).status == RevocationStatus::revoked));
  BOOST_TEST((crypto::worse({RevocationStatus::unknown, {}, "u"}, good).status == RevocationStatus::unknown));
  BOOST_TEST((crypto::worse({RevocationStatus::not_offered, now, "n"}, good).status == RevocationStatus::not_offered));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
