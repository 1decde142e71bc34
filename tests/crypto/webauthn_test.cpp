// Passkeys: what is taken, and everything that is refused, each by a lie of an otherwise good passkey.
#include "crypto/webauthn.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/soft_passkey.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using test::Ceremony;
using test::SoftPasskey;

const RelyingParty portal{"secure.clinic.example", "https://secure.clinic.example"};
const std::string challenge(32, 'c');

/// "" where it is taken.
std::string trouble_of(const Registration& said) {
  const auto read = read_registration(portal, challenge, said);
  return read ? "" : read.error().text;
}

std::string trouble_of(const Passkey& passkey, const Assertion& said) {
  const auto checked = check_assertion(portal, challenge, passkey, said);
  return checked ? "" : checked.error().text;
}

Passkey registered(const SoftPasskey& soft) {
  return read_registration(portal, challenge, soft.create()).value();
}

struct Lie {
  const char* trouble;
  Ceremony with;
};

/// Those that are the same in both ceremonies.
std::vector<Lie> lies_of_both() {
  return {
      {"the client data is of another kind", {.type = "webauthn.sign"}},
      {"the challenge is another one", {.challenge = std::string(32, 'd')}},
      {"the challenge is another one", {.challenge = std::string(31, 'c')}},
      {"the origin is another one", {.origin = "https://secure.clinic.example.evil.example"}},
      {"the origin is another one", {.origin = "http://secure.clinic.example"}},
      {"the origin is another one", {.origin = "https://secure.clinic.example:8443"}},
      {"the origin is another one", {.origin = "https://clinic.example"}},
      {"a page of another origin asked", {.more = R"(,"crossOrigin":true)"}},
      {"a page of another origin asked", {.more = R"(,"crossOrigin":"false")"}},
      {"a page of another origin asked", {.more = R"(,"crossOrigin":null)"}},
      {"the client data is no JSON object", {.client_data = "{"}},
      {"the client data is no JSON object", {.client_data = "[]"}},
      {"the client data is no JSON object", {.client_data = std::string(64, '[')}},
      {"the client data is of another kind", {.client_data = "{}"}},
      {"the client data is of another kind", {.client_data = R"({"type":1})"}},
      {"the client data is too long", {.more = ",\"x\":\"" + std::string(4096, 'x') + "\""}},
      {"the passkey answers to another host", {.rp_id = "clinic.example"}},
      {"nobody was present", {.flags = 0x04}},
      {"the authenticator data is too long", {.rest = std::string(4096, '\0')}},
  };
}

BOOST_AUTO_TEST_SUITE(webauthn)

BOOST_AUTO_TEST_CASE(a_passkey_of_each_kind_is_registered_and_signs_in) {
  for (const int algorithm : {-7, -8, -257}) {
    BOOST_TEST_CONTEXT(algorithm) {
      SoftPasskey soft(algorithm);
      soft.counter = 7;
      const auto passkey = read_registration(portal, challenge, soft.create());
      BOOST_REQUIRE(passkey);
      BOOST_TEST(passkey->id == soft.id());
      BOOST_TEST(passkey->algorithm == algorithm);
      BOOST_TEST(passkey->counter == 7U);
      BOOST_TEST(passkey->key.size() <= longest_passkey_key);
      soft.counter = 8;
      BOOST_TEST(check_assertion(portal, challenge, *passkey, soft.get()).value() == 8U);
    }
  }
}

BOOST_AUTO_TEST_CASE(whether_it_verified_its_user_decides_nothing) {
  const SoftPasskey soft;
  BOOST_TEST(trouble_of(soft.create({.flags = 0x01})) == "");
  BOOST_TEST(trouble_of(registered(soft), soft.get({.flags = 0x01})) == "");
}

BOOST_AUTO_TEST_CASE(what_browsers_say_besides_is_passed_over) {
  const SoftPasskey soft;
  for (const char* more : {"", R"(,"crossOrigin":false,"other_keys_can_be_added_here":"do not compare")",
                           R"(,"tokenBinding":{"status":"supported"})"}) {
    BOOST_TEST(trouble_of(soft.create({.more = more})) == "", more);
    BOOST_TEST(trouble_of(registered(soft), soft.get({.more = more})) == "", more);
  }
  const Ceremony extended{.flags = 0x85, .rest = "\xA1" + SoftPasskey::text("credProtect") + "\x02"};
  BOOST_TEST(trouble_of(soft.create(extended)) == "");
  BOOST_TEST(trouble_of(registered(soft), soft.get(extended)) == "");
}

BOOST_AUTO_TEST_CASE(a_registration_that_lies_is_refused) {
  for (const int algorithm : {-7, -8}) {
    const SoftPasskey soft(algorithm);
    std::vector<Lie> lies = lies_of_both();
    lies.push_back({"the client data is of another kind", {.type = "webauthn.get"}});
    lies.push_back({"the authenticator data has no passkey", {.rest = "x"}});
    lies.push_back({"the authenticator data has no passkey", {.flags = 0x85}});
    lies.push_back({"the authenticator data has no passkey", {.flags = 0x85, .rest = "\xA1"}});
    lies.push_back({"there is an attestation that nobody asked for", {.format = "fido-u2f"}});
    lies.push_back({"an attestation of none says something", {.statement = "\xA1" + SoftPasskey::text("x") + "\x01"}});
    for (const Lie& lie : lies)
      BOOST_TEST(trouble_of(soft.create(lie.with)) == lie.trouble);
  }
}

BOOST_AUTO_TEST_CASE(an_assertion_that_lies_is_refused) {
  const SoftPasskey soft;
  const Passkey passkey = registered(soft);
  std::vector<Lie> lies = lies_of_both();
  lies.push_back({"the client data is of another kind", {.type = "webauthn.create"}});
  lies.push_back({"the authenticator data has something behind it", {.rest = "x"}});
  lies.push_back({"the authenticator data has something behind it", {.flags = 0x85}});
  lies.push_back({"the authenticator data has something behind it",
                  {.flags = 0x85, .rest = "\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"}});
  for (const Lie& lie : lies)
    BOOST_TEST(trouble_of(passkey, soft.get(lie.with)) == lie.trouble);
}

BOOST_AUTO_TEST_CASE(a_signature_is_the_passkeys_and_of_exactly_what_was_said) {
  for (const int algorithm : {-7, -8, -257}) {
    BOOST_TEST_CONTEXT(algorithm) {
      const SoftPasskey soft(algorithm), other(algorithm);
      const Passkey passkey = registered(soft);
      const char* not_its = "the signature is not the passkey's";
      BOOST_TEST(trouble_of(passkey, other.get()) == not_its);
      Assertion flipped = soft.get();
      flipped.signature[flipped.signature.size() / 2] ^= 1;
      BOOST_TEST(trouble_of(passkey, flipped) == not_its);
      Assertion verified = soft.get({.flags = 0x01});
      verified.authenticator_data[32] |= 0x04;
      BOOST_TEST(trouble_of(passkey, verified) == not_its);
      Assertion counted = soft.get();
      counted.authenticator_data[36] = 9;
      BOOST_TEST(trouble_of(passkey, counted) == not_its);
      Assertion spaced = soft.get();
      spaced.client_data.insert(1, " ");
      BOOST_TEST(trouble_of(passkey, spaced) == not_its);
      Assertion unsigned_one = soft.get();
      unsigned_one.signature.clear();
      BOOST_TEST(trouble_of(passkey, unsigned_one) == not_its);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_signature_for_another_host_or_page_is_none_even_where_the_words_are_right) {
  const SoftPasskey soft;
  const Passkey passkey = registered(soft);
  const Assertion elsewhere = soft.get({.rp_id = "evil.example", .origin = "https://evil.example"});
  Assertion mixed = soft.get();
  mixed.signature = elsewhere.signature;
  BOOST_TEST(trouble_of(passkey, mixed) == "the signature is not the passkey's");
  const RelyingParty evil{"evil.example", "https://evil.example"};
  BOOST_TEST(check_assertion(evil, challenge, passkey, elsewhere).has_value());  // it is good there
  BOOST_TEST(!check_assertion(evil, challenge, passkey, soft.get()).has_value());
}

BOOST_AUTO_TEST_CASE(a_counter_goes_on_or_is_not_there) {
  SoftPasskey soft;
  Passkey passkey = registered(soft);
  BOOST_TEST(trouble_of(passkey, soft.get()) == "");  // most passkeys do not count
  soft.counter = 5;
  BOOST_TEST(check_assertion(portal, challenge, passkey, soft.get()).value() == 5U);
  passkey.counter = 5;
  const char* back = "the passkey's counter went back";
  BOOST_TEST(trouble_of(passkey, soft.get()) == back);
  soft.counter = 4;
  BOOST_TEST(trouble_of(passkey, soft.get()) == back);
  soft.counter = 0;
  BOOST_TEST(trouble_of(passkey, soft.get()) == back);
  passkey.counter = 0x7FFF'FFFF;
  soft.counter = 0x8000'0000;  // it has no sign
  BOOST_TEST(trouble_of(passkey, soft.get()) == "");
}

BOOST_AUTO_TEST_CASE(a_statement_by_the_passkey_itself_must_be_right) {
  for (const int algorithm : {-7, -8, -257}) {
    const SoftPasskey soft(algorithm);
    BOOST_TEST(trouble_of(soft.create({.format = "packed"})) == "", algorithm);
    Registration said = soft.create({.format = "packed"});
    said.client_data.insert(1, " ");
    BOOST_TEST(trouble_of(said) == "the attestation is not by the passkey itself");
    BOOST_TEST(trouble_of(soft.create({.format = "packed", .statement = "\xA0"})) ==
               "the attestation is not by the passkey itself");
  }
}

BOOST_AUTO_TEST_CASE(an_attestation_object_that_is_cut_anywhere_is_none) {
  const Registration whole = SoftPasskey().create();
  for (std::size_t size = 0; size < whole.attestation.size(); ++size)
    BOOST_TEST(trouble_of({whole.client_data, whole.attestation.substr(0, size)}) ==
               "the attestation object cannot be read");
  BOOST_TEST(trouble_of({whole.client_data, whole.attestation + '\0'}) == "the attestation object cannot be read");
}

BOOST_AUTO_TEST_CASE(authenticator_data_that_is_cut_anywhere_is_none) {
  const SoftPasskey soft;
  const Passkey passkey = registered(soft);
  const Assertion whole = soft.get();
  for (std::size_t size = 0; size < whole.authenticator_data.size(); ++size) {
    Assertion cut = whole;
    cut.authenticator_data.resize(size);
    BOOST_TEST(trouble_of(passkey, cut) == "the authenticator data is too short");
  }
}

BOOST_AUTO_TEST_CASE(a_passkey_without_a_name_or_with_an_endless_one_is_none) {
  BOOST_TEST(trouble_of(SoftPasskey(-7, "").create()) == "the authenticator data has no passkey");
  BOOST_TEST(trouble_of(SoftPasskey(-7, std::string(1023, 'i')).create()) == "");
  BOOST_TEST(trouble_of(SoftPasskey(-7, std::string(1024, 'i')).create()) == "the authenticator data has no passkey");
}

/// With this in place of its key.
Registration with_key(const std::string& key) {
  const SoftPasskey soft;
  Registration said = soft.create();
  const std::string good = soft.cose_key();
  // The key ends the authenticator data, and that the object; the length before it is two octets.
  const std::size_t at = said.attestation.rfind(SoftPasskey::text("authData")) + 9;
  std::string data = said.attestation.substr(said.attestation[at] == '\x58' ? at + 2 : at + 3);
  data.replace(data.size() - good.size(), good.size(), key);
  said.attestation = said.attestation.substr(0, at) + SoftPasskey::bytes(data);
  return said;
}

BOOST_AUTO_TEST_CASE(a_key_that_is_none_is_refused_before_it_is_kept) {
  const std::string head("\xA5\x01\x02\x03\x26\x20\x01\x21", 8), good = SoftPasskey().cose_key();
  BOOST_TEST(trouble_of(with_key(good)) == "");
  BOOST_TEST(trouble_of(with_key(head + SoftPasskey::bytes(std::string(32, '\1')) + "\x22" +
                                 SoftPasskey::bytes(std::string(32, '\1')))) == "the passkey has a key that is none");
  std::string es384 = good;
  es384.replace(3, 2, "\x03\x38\x22");  // alg -35
  BOOST_TEST(trouble_of(with_key(es384)) == "the passkey has a key of no kind that is taken");
  BOOST_TEST(trouble_of(with_key("\xA0")) == "the passkey has a key of no kind that is taken");
  BOOST_TEST(trouble_of(with_key("\xBB\x00\x00\x00\x10\x00\x00\x00\x00")) == "the authenticator data has no passkey");
}

BOOST_AUTO_TEST_CASE(a_kept_key_that_was_damaged_signs_nobody_in) {
  const SoftPasskey soft;
  Passkey passkey = registered(soft);
  passkey.key.pop_back();
  BOOST_TEST(trouble_of(passkey, soft.get()) == "the passkey's key cannot be used");
  passkey = registered(soft);
  passkey.algorithm = -9;
  BOOST_TEST(trouble_of(passkey, soft.get()) == "the passkey's key cannot be used");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
