// Where private keys lie, and base64 as the key store writes it.
#include "base/key_reference.hpp"

#include <boost/test/unit_test.hpp>

#include "base/base64.hpp"

namespace {

using namespace postern;

std::string why_not(const char* text) {
  const auto parsed = parse_key_reference(text);
  return parsed ? "it was taken" : parsed.error().text;
}

BOOST_AUTO_TEST_SUITE(key_reference)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  for (const char* text :
       {"credential:seal", "file:/etc/postern/seal.key", "pkcs11:token=clinic;object=seal?module-path=/lib/hsm.so",
        "pkcs11:serial=12;id=%A1%00?pin-source=file:pin&module-path=/lib/a%20b%26c.so",
        "pkcs11:object=a%3Bb?pin-source=credential:hsm-pin&module-path=/lib/hsm.so"}) {
    const auto parsed = parse_key_reference(text);
    BOOST_REQUIRE_MESSAGE(parsed.has_value(), text);
    BOOST_TEST(format_key_reference(*parsed) == text);
  }
  const auto key = std::get<Pkcs11Key>(
      parse_key_reference("pkcs11:id=%a1%00;type=private?module-path=/lib/a%20b&pin-source=file:pin").value());
  BOOST_TEST(key.id == std::string("\xA1\0", 2));
  BOOST_TEST(key.module == "/lib/a b");
  BOOST_TEST((key.pin == SecretRef{SecretRef::Kind::file, "pin"}));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_says_what_would_be_right) {
  BOOST_TEST(why_not("-----BEGIN PRIVATE KEY-----").starts_with("a private key is named as"));
  BOOST_TEST(why_not("pkcs11:token=a?module-path=/m") == "pkcs11: object=LABEL or id=%HH… has to say which key");
  BOOST_TEST(why_not("pkcs11:object=a;pin-value=1").starts_with("pkcs11: 'pin-value' is not known here"));
  BOOST_TEST(why_not("pkcs11:object=a?pin-value=1&module-path=/m").starts_with("pkcs11: a PIN is named as"));
  BOOST_TEST(why_not("pkcs11:object=a?pin-source=1234&module-path=/m").starts_with("pkcs11: pin-source: a secret is"));
  BOOST_TEST(why_not("pkcs11:object=a").starts_with("pkcs11: module-path=… has to say"));
  BOOST_TEST(why_not("pkcs11:object=%4") == "pkcs11: 'object' has no value");
  BOOST_TEST(why_not("pkcs11:object=a;type=public?module-path=/m").starts_with("pkcs11: 'type' is not known"));
  BOOST_TEST(parse_secret_ref("pkcs11:object=a").error().text.starts_with("what is in a token never leaves it"));
}

BOOST_AUTO_TEST_CASE(base64_is_strict) {
  std::string octets;
  for (int i = 0; i < 300; ++i) {
    BOOST_TEST(parse_base64(format_base64(octets)).value() == octets);
    octets.push_back(static_cast<char>(i * 7));
  }
  BOOST_TEST(format_base64("Man") == "TWFu");
  BOOST_TEST(format_base64("Ma") == "TWE=");
  BOOST_TEST(format_base64("M") == "TQ==");
  for (const char* text : {"TQ", "TQ=", "TR==", "TWF=", "T===", "====", "TWFu\n", "TW u", "TQ==TQ==", "TWFu-"})
    BOOST_TEST(!parse_base64(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
