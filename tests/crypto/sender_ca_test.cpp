// The small authority: its profile to the letter, and what OpenSSL thinks of what it issues.
#include "crypto/sender_ca.hpp"

#include <set>

#include <boost/test/unit_test.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/certificate_choice.hpp"
#include "crypto/smime.hpp"
#include "tests/crypto/cms_reader.hpp"

namespace {

using namespace postern;
using crypto::Identity;
using crypto::SenderKey;

const Time now = SystemClock().now();

mail::Address address(const std::string& text) {
  return *mail::Address::parse(text);
}
Identity authority(SenderKey key = SenderKey::p256, std::vector<mail::Domain> domains = {}, Time at = now) {
  SystemRandom random;
  return *crypto::make_sender_ca({.name = "Clinic mail", .key = key, .domains = std::move(domains)}, at, random);
}
Result<Identity> issue(const Identity& ca, const std::string& to, Time at = now) {
  SystemRandom random;
  return crypto::issue_sender(ca, address(to), SenderKey::p256, at, random);
}
std::string shown(const crypto::Certificate& certificate) {
  const crypto::Bio out = crypto::write_bio();
  X509_print_ex(out.get(), test::reread(certificate).get(), 0, X509_FLAG_NO_PUBKEY | X509_FLAG_NO_SIGDUMP);
  return std::string(crypto::contents(out));
}
bool has(std::string_view text, std::string_view what) {
  return text.contains(what);
}

BOOST_AUTO_TEST_SUITE(sender_ca)

BOOST_AUTO_TEST_CASE(the_authoritys_profile) {
  for (const SenderKey key : {SenderKey::p256, SenderKey::rsa}) {
    const Identity ca = authority(key, {*mail::Domain::parse("clinic.example")});
    const std::string text = shown(ca.certificate);
    for (const char* line :
         {"Version: 3", "Issuer: CN=Clinic mail", "Subject: CN=Clinic mail",
          "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0",
          "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign",
          "X509v3 Extended Key Usage: \n                E-mail Protection",
          "X509v3 Name Constraints: critical\n                Permitted:\n                  email:clinic.example",
          "X509v3 Subject Key Identifier"})
      BOOST_TEST(has(text, line), line << " in " << text);
    BOOST_TEST(ca.certificate.bits() == (key == SenderKey::rsa ? 3072 : 256));
    BOOST_TEST((ca.certificate.not_after() > now + std::chrono::days(3650)));
    BOOST_TEST((ca.certificate.not_before() < now));
  }
  BOOST_TEST(!has(shown(authority().certificate), "Name Constraints"));
  BOOST_TEST(ERR_peek_error() == 0UL);
}

BOOST_AUTO_TEST_CASE(a_senders_profile) {
  const Identity ca = authority();
  const std::string text = shown(issue(ca, "ann@clinic.example")->certificate);
  for (const char* line : {"Version: 3", "Issuer: CN=Clinic mail", "Subject: CN=ann@clinic.example",
                           "X509v3 Basic Constraints: critical\n                CA:FALSE",
                           "X509v3 Key Usage: critical\n                Digital Signature\n",
                           "X509v3 Extended Key Usage: \n                E-mail Protection\n",
                           "X509v3 Subject Alternative Name: \n                email:ann@clinic.example\n",
                           "X509v3 Authority Key Identifier"})
    BOOST_TEST(has(text, line), line << " in " << text);
}

BOOST_AUTO_TEST_CASE(it_lives_a_year_and_never_longer_than_the_authority) {
  const Identity ca = authority();
  const auto first = issue(ca, "ann@clinic.example")->certificate;
  BOOST_TEST((first.not_after() == std::chrono::floor<std::chrono::seconds>(now + std::chrono::days(365))));
  const auto late = issue(ca, "ann@clinic.example", now + std::chrono::days(3600))->certificate;
  BOOST_TEST((late.not_after() == ca.certificate.not_after()));
  const auto never = issue(ca, "ann@clinic.example", now + std::chrono::days(3700));
  BOOST_REQUIRE(!never.has_value());
  BOOST_TEST((never.error().code == Errc::invalid));
}

BOOST_AUTO_TEST_CASE(addresses_of_every_kind) {
  const Identity ca = authority();
  const auto names = [&](const std::string& to) { return issue(ca, to)->certificate.alternative_addresses(); };
  BOOST_TEST(names("Ann.Lee@Clinic.example") == std::vector<std::string>{"Ann.Lee@clinic.example"},
             boost::test_tools::per_element());
  BOOST_TEST(
      names("ann@klinik-m\xc3\xbcnchen.example") == std::vector<std::string>{"ann@xn--klinik-mnchen-3ob.example"},
      boost::test_tools::per_element());
  BOOST_TEST(
      names("m\xc3\xbcller@m\xc3\xbcnchen.example") == std::vector<std::string>{"m\xc3\xbcller@xn--mnchen-3ya.example"},
      boost::test_tools::per_element());
  // Too long for a common name: then the subject is empty, and the alternative names critical (RFC 5280 §4.1.2.6).
  const std::string longest = std::string(60, 'a') + "@clinic.example";
  BOOST_TEST(names(longest) == std::vector<std::string>{longest}, boost::test_tools::per_element());
  BOOST_TEST(has(shown(issue(ca, longest)->certificate), "X509v3 Subject Alternative Name: critical"));
  // What would be a new field in OpenSSL's configuration language is one address here.
  BOOST_TEST(names("\"a,email:eve\"@clinic.example") == std::vector<std::string>{"\"a,email:eve\"@clinic.example"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_authority_of_a_domain_issues_for_no_other) {
  const Identity ca = authority(SenderKey::p256, {*mail::Domain::parse("clinic.example")});
  BOOST_TEST(issue(ca, "ann@clinic.example").has_value());
  for (const char* other : {"ann@other.example", "ann@sub.clinic.example", "m\xc3\xbcller@other.example"}) {
    const auto made = issue(ca, other);
    BOOST_REQUIRE_MESSAGE(!made.has_value(), other);
    BOOST_TEST(has(made.error().text, "may not issue for"), made.error().text);
  }
}

BOOST_AUTO_TEST_CASE(no_two_are_alike) {
  const Identity ca = authority();
  std::set<std::string> all;
  for (int i = 0; i < 20; ++i) {
    const auto certificate = issue(ca, "ann@clinic.example")->certificate;
    ASN1_INTEGER* serial = X509_get_serialNumber(certificate.get());
    BOOST_TEST(ASN1_STRING_type(serial) == V_ASN1_INTEGER);  // and not a negative one
    all.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                static_cast<std::size_t>(ASN1_STRING_length(serial)));
  }
  BOOST_TEST(all.size() == 20U);
}

BOOST_AUTO_TEST_CASE(a_partner_that_pins_the_authority_takes_the_signature) {
  const Identity ca = authority();
  const Identity ann = *issue(ca, "ann@clinic.example");
  const crypto::Anchors partner({ca.certificate});
  const auto choice =
      crypto::choose_signer({{.certificate = ann.certificate, .revocation = crypto::RevocationStatus::not_offered}},
                            address("ann@clinic.example"), partner, {.now = now});
  BOOST_TEST(choice.chosen.has_value());
  const auto made = crypto::sign_smime("Content-Type: text/plain\r\n\r\nx\r\n", {ann.certificate, ann.key, {}},
                                       crypto::SignatureForm::clear);
  BOOST_REQUIRE(made.has_value());
  const auto parts = test::split_signed(*made);
  BOOST_TEST(test::check_signature(parts->signature, &parts->entity, {ca.certificate, ca.key}).has_value());
}

BOOST_AUTO_TEST_CASE(it_is_kept_as_pem_and_read_again) {
  const Identity ca = authority(SenderKey::rsa);
  const auto pem = ca.key.pem();
  BOOST_REQUIRE(pem.has_value());
  const auto again = crypto::PrivateKey::parse(*pem);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(EVP_PKEY_eq(again->get(), ca.key.get()) == 1);
}

BOOST_AUTO_TEST_CASE(a_name_is_needed) {
  SystemRandom random;
  BOOST_TEST(!crypto::make_sender_ca({.name = ""}, now, random).has_value());
  BOOST_TEST(!crypto::make_sender_ca({.name = std::string(65, 'x')}, now, random).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
