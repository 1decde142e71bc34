// What every engine promises; each case runs with each of them.
#include <thread>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "crypto/openpgp_key.hpp"
#include "crypto/openpgp_packets.hpp"
#include "tests/crypto/openpgp_engines.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using test::EngineScene;
using test::make_pgp_key;
using test::open_pgp;
using test::PgpKey;
using test::PgpKind;
namespace data = boost::unit_test::data;

const auto engines = data::make({"rnp", "gpgme"});

/// Made once: keys cost time.
struct People {
  PgpKey ann = make_pgp_key("Ann <ann@clinic.example>"), bob = make_pgp_key("Bob <bob@lab.example>");
  PgpKey carol = make_pgp_key("carol@lab.example", {.kind = PgpKind::p256});
  PgpKey rose = make_pgp_key("rose@lab.example", {.kind = PgpKind::rsa3072});
};
const People& people() {
  static const People all;
  return all;
}

std::string every_octet(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i)
    bytes += static_cast<char>(i * 7 + i / 256);
  return bytes;
}

bool has(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

std::string key_id(const PgpKey& key, Time now) {
  const std::string part = encryption_part(parse_openpgp_key(key.public_key).value(), now).value().fingerprint;
  return part.substr(part.size() - 16);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(openpgp_engine)

BOOST_DATA_TEST_CASE(signed_and_encrypted_and_nothing_else, engines, name) {
  EngineScene scene(name);
  const auto sealed = scene.seal("Content-Type: text/plain\r\n\r\nhello\r\n", {people().bob}, people().ann);
  BOOST_REQUIRE_MESSAGE(sealed, sealed.error().text << " " << sealed.error().detail);
  const auto opened = open_pgp(*sealed, people().bob, {people().ann});
  BOOST_TEST(opened.data == "Content-Type: text/plain\r\n\r\nhello\r\n");
  BOOST_TEST(opened.protection == "cfb-mdc");
  BOOST_TEST(opened.cipher == "AES256");
  BOOST_TEST(opened.hashes == std::vector<std::string>{"SHA256"});
  BOOST_TEST(opened.signed_by == std::vector<std::string>{people().ann.fingerprint});
  BOOST_TEST(opened.bad.empty());
  BOOST_TEST(opened.recipients == std::vector<std::string>{key_id(people().bob, scene.clock.now())});
  BOOST_TEST(opened.file_name.empty());
  BOOST_TEST(sealed->starts_with("-----BEGIN PGP MESSAGE-----\r\n\r\n"));  // neither Version nor Comment
  BOOST_TEST(sealed->ends_with("\r\n-----END PGP MESSAGE-----\r\n"));
}

BOOST_DATA_TEST_CASE(octets_in_are_octets_out, engines, name) {
  EngineScene scene(name);
  for (const std::string& body :
       {std::string(), std::string("\r\n"), std::string("a\nb\rc\r\n.\r\nFrom x\r\n-----BEGIN\r\n"),
        std::string(1, '\0'), every_octet(70'000), std::string(100'000, 'x'), std::string("ends without a line end \t"),
        std::string("\xc3\xa4\xff\xfe")}) {
    const auto sealed = scene.seal(body, {people().bob}, people().ann);
    BOOST_REQUIRE_MESSAGE(sealed, sealed.error().text << " " << sealed.error().detail);
    BOOST_TEST((open_pgp(*sealed, people().bob, {people().ann}).data == body), "of " << body.size() << " octets");
  }
}

BOOST_DATA_TEST_CASE(a_large_message, engines, name) {
  EngineScene scene(name);
  const std::string body = every_octet(25 << 20);
  const auto sealed = scene.seal(body, {people().bob}, people().ann);
  BOOST_REQUIRE_MESSAGE(sealed, sealed.error().text << " " << sealed.error().detail);
  const auto opened = open_pgp(*sealed, people().bob, {people().ann});
  BOOST_TEST((opened.data == body));
  BOOST_TEST(opened.signed_by.size() == 1U);
}

BOOST_DATA_TEST_CASE(every_kind_of_key_reads_and_signs, engines, name) {
  EngineScene scene(name);
  const std::vector<PgpKey> readers = {people().bob, people().carol, people().rose};
  for (const PgpKey& signer : {people().ann, people().carol, people().rose}) {
    const auto sealed = scene.seal("x", readers, signer);
    BOOST_REQUIRE_MESSAGE(sealed, sealed.error().text << " " << sealed.error().detail);
    for (const PgpKey& reader : readers) {
      const auto opened = open_pgp(*sealed, reader, {signer});
      BOOST_TEST(opened.data == "x");
      BOOST_TEST(opened.signed_by == std::vector<std::string>{signer.fingerprint});
      BOOST_TEST(opened.recipients.size() == 3U);
    }
  }
}

BOOST_DATA_TEST_CASE(without_a_signer_it_is_encrypted_only, engines, name) {
  EngineScene scene(name);
  const auto sealed = scene.seal("x", {people().bob});
  BOOST_REQUIRE(sealed);
  const auto opened = open_pgp(*sealed, people().bob);
  BOOST_TEST(opened.data == "x");
  BOOST_TEST(opened.signed_by.empty());
  BOOST_TEST(opened.bad.empty());
}

BOOST_DATA_TEST_CASE(nobody_else_can_read_it, engines, name) {
  EngineScene scene(name);
  const auto sealed = scene.seal("x", {people().bob}, people().ann);
  BOOST_REQUIRE(sealed);
  BOOST_CHECK_THROW((void)open_pgp(*sealed, people().ann), std::runtime_error);  // not the sender either
  // Carol was a recipient before: nothing of that call is left in the next one.
  BOOST_REQUIRE(scene.seal("x", {people().carol}, people().ann));
  const auto after = scene.seal("x", {people().bob}, people().ann);
  BOOST_CHECK_THROW((void)open_pgp(*after, people().carol), std::runtime_error);
}

BOOST_DATA_TEST_CASE(it_is_not_compressed, engines, name) {
  EngineScene scene(name);
  const auto sealed = scene.seal(std::string(50'000, 'x'), {people().bob}, people().ann);
  BOOST_REQUIRE(sealed);
  BOOST_TEST(sealed->size() > 66'000U);  // 50,000 octets in base64
}

BOOST_DATA_TEST_CASE(a_key_twice_is_one_recipient, engines, name) {
  EngineScene scene(name);
  const auto sealed = scene.seal("x", {people().bob, people().bob});
  BOOST_REQUIRE(sealed);
  BOOST_TEST(open_pgp(*sealed, people().bob).recipients.size() == 1U);
}

BOOST_DATA_TEST_CASE(without_a_recipient_nothing_is_made, engines, name) {
  EngineScene scene(name);
  const auto sealed = scene.seal("x", {}, people().ann);
  BOOST_REQUIRE(!sealed);
  BOOST_TEST((sealed.error().code == Errc::invalid));
}

BOOST_DATA_TEST_CASE(one_unusable_key_among_several_ends_the_whole_call_and_is_named, engines, name) {
  EngineScene scene(name);
  for (const char* bad : {"expired", "revoked", "sign_only", "subkey_expired", "elgamal1024"}) {
    const OpenpgpKey key = parse_openpgp_key(test::pgp_case(bad)).value();
    const auto sealed = scene.engine->seal(
        "x", {people().bob.recipient(), {key.primary.fingerprint, key.bytes}, people().carol.recipient()},
        people().ann.signer());
    BOOST_REQUIRE_MESSAGE(!sealed, bad);
    BOOST_TEST((sealed.error().code == Errc::invalid));
    BOOST_TEST(has(sealed.error().text, key.primary.fingerprint), sealed.error().text);
  }
}

BOOST_DATA_TEST_CASE(a_key_that_expires_while_mail_waits, engines, name) {
  EngineScene scene(name);
  const PgpKey brief = make_pgp_key("brief@lab.example", {.lives = 3'600});
  BOOST_REQUIRE(scene.seal("x", {brief}));
  scene.clock.forward(std::chrono::hours(2));
  const auto late = scene.seal("x", {people().bob, brief});
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().code == Errc::invalid));
  BOOST_TEST(has(late.error().text, brief.fingerprint + " cannot be used: it expired"), late.error().text);
}

BOOST_DATA_TEST_CASE(a_signing_key_that_expires, engines, name) {
  EngineScene scene(name);
  const PgpKey brief = make_pgp_key("brief@clinic.example", {.lives = 3'600});
  BOOST_REQUIRE(scene.seal("x", {people().bob}, brief));
  scene.clock.forward(std::chrono::hours(2));
  const auto late = scene.seal("x", {people().bob}, brief);
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().code == Errc::invalid));
  BOOST_TEST(has(late.error().text, brief.fingerprint), late.error().text);
}

BOOST_DATA_TEST_CASE(a_signing_key_that_was_given_an_end_since, engines, name) {
  EngineScene scene(name);
  const PgpKey endless = make_pgp_key("ann@clinic.example"), ends = test::with_lifetime(endless, 3'600);
  BOOST_REQUIRE(scene.seal("x", {people().bob}, endless));
  BOOST_REQUIRE(scene.seal("x", {people().bob}, ends));
  scene.clock.forward(std::chrono::hours(2));
  const auto late = scene.seal("x", {people().bob}, ends);
  BOOST_REQUIRE(!late);
  BOOST_TEST(has(late.error().text, endless.fingerprint + " expired"), late.error().text);
}

BOOST_DATA_TEST_CASE(a_signing_key_that_cannot_sign_is_named, engines, name) {
  EngineScene scene(name);
  const PgpKey locked = make_pgp_key("locked@clinic.example", {.pass_phrase = "secret"});
  PgpKey only_public = make_pgp_key("public@clinic.example");
  only_public.secret_key = only_public.public_key;
  PgpKey damaged = make_pgp_key("damaged@clinic.example");
  damaged.secret_key.resize(damaged.secret_key.size() / 3);
  PgpKey other = people().ann;
  other.fingerprint = people().bob.fingerprint;
  for (const PgpKey& signer : {locked, only_public, damaged, other}) {
    const auto sealed = scene.seal("x", {people().bob}, signer);
    BOOST_REQUIRE(!sealed);
    BOOST_TEST((sealed.error().code == Errc::invalid), sealed.error().text);
    BOOST_TEST(has(sealed.error().text, "signing key " + signer.fingerprint), sealed.error().text);
  }
  BOOST_TEST(scene.seal("x", {people().bob}, people().ann).has_value());  // and the engine goes on
}

BOOST_DATA_TEST_CASE(bytes_that_are_another_key_than_the_one_named_are_refused, engines, name) {
  EngineScene scene(name);
  const auto sealed = scene.engine->seal("x", {{people().bob.fingerprint, people().carol.public_key}}, std::nullopt);
  BOOST_REQUIRE(!sealed);
  BOOST_TEST((sealed.error().code == Errc::invalid));
  BOOST_TEST(has(sealed.error().text, people().bob.fingerprint));
}

BOOST_DATA_TEST_CASE(the_newest_subkey_is_used, engines, name) {
  EngineScene scene(name);
  const OpenpgpKey two = parse_openpgp_key(test::pgp_case("two_subkeys")).value();
  const auto sealed = scene.engine->seal("x", {{two.primary.fingerprint, two.bytes}}, std::nullopt);
  BOOST_REQUIRE_MESSAGE(sealed, sealed.error().text << " " << sealed.error().detail);
  const auto ids = test::recipient_ids(*sealed);
  BOOST_REQUIRE(ids.size() == 1U);
  BOOST_TEST(two.subkeys[1].fingerprint.ends_with(ids[0]));
}

/// The same key with other bytes later: what was loaded first does not stay.
BOOST_DATA_TEST_CASE(a_subkey_that_was_revoked_since_is_not_used, engines, name) {
  EngineScene scene(name);
  const OpenpgpKey revoked = parse_openpgp_key(test::pgp_case("newer_revoked")).value();
  const std::string before = test::without_subkey_revocations(revoked.bytes);
  const auto first = scene.engine->seal("x", {{revoked.primary.fingerprint, before}}, std::nullopt);
  const auto second = scene.engine->seal("x", {{revoked.primary.fingerprint, revoked.bytes}}, std::nullopt);
  const auto third = scene.engine->seal("x", {{revoked.primary.fingerprint, before}}, std::nullopt);
  BOOST_REQUIRE((first && second && third));
  BOOST_TEST(revoked.subkeys[1].fingerprint.ends_with(test::recipient_ids(*first)[0]));
  BOOST_TEST(revoked.subkeys[0].fingerprint.ends_with(test::recipient_ids(*second)[0]));
  BOOST_TEST(revoked.subkeys[1].fingerprint.ends_with(test::recipient_ids(*third)[0]));
}

BOOST_DATA_TEST_CASE(several_threads_at_once, engines, name) {
  EngineScene scene(name);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n) {
        const std::string body = std::to_string(i) + "-" + std::to_string(n);
        const PgpKey& reader = i % 2 == 0 ? people().bob : people().carol;
        const auto sealed = scene.seal(body, {reader}, people().ann);
        if (sealed && open_pgp(*sealed, reader, {people().ann}).data == body) ++good;
      }
    });
  }
  for (std::thread& one : threads)
    one.join();
  BOOST_TEST(good == 20);
}

BOOST_AUTO_TEST_SUITE_END()
