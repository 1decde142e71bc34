// Senders' identities: who signs, and with which private key.
#include <boost/test/unit_test.hpp>

#include "tests/crypto/key_store_scene.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;
using postern::test::address;
using Scene = test::KeyStoreScene;

BOOST_FIXTURE_TEST_SUITE(key_store, Scene)

BOOST_AUTO_TEST_CASE(an_identity_is_found_by_address_domain_kind_and_time) {
  SigningIdentity all = identity("@clinic.example"), own = identity("ann@clinic.example"), next = own;
  all.not_after = now + 10h;
  own.not_after = now + 2h;
  next = identity("ann@clinic.example");
  next.not_before = now + 1h;
  for (const auto* one : {&all, &own, &next})
    BOOST_REQUIRE(store->add_identity(*one));
  const auto found_at = [&](const char* who, Time at) -> std::string {
    const auto found = store->find_identity(address(who), KeyKind::certificate, at).value();
    return found ? found->fingerprint : "";
  };
  BOOST_TEST(found_at("ann@clinic.example", now) == own.fingerprint);
  BOOST_TEST(found_at("ann@clinic.example", now + 1h) == next.fingerprint);
  BOOST_TEST(found_at("bob@clinic.example", now) == all.fingerprint);
  BOOST_TEST(found_at("bob@clinic.example", now + 10h) == "");
  BOOST_TEST(found_at("bob@clinic.example", now - 2h) == "");
  BOOST_TEST(!store->find_identity(address("ann@clinic.example"), KeyKind::openpgp, now).value().has_value());
  BOOST_REQUIRE(store->remove_identity(own.fingerprint));
  BOOST_TEST(found_at("ann@clinic.example", now) == all.fingerprint);
}

BOOST_AUTO_TEST_CASE(an_identity_comes_back_as_it_was) {
  SigningIdentity one = identity("ann@clinic.example", "the private key");
  one.chain = {"intermediate", "another"};
  one.source = "import: clinic.p12";
  BOOST_REQUIRE(store->add_identity(one));
  store = open();
  const auto back = store->find_identity(address("ann@clinic.example"), one.kind, now).value().value();
  BOOST_TEST(std::get<Secret>(back.key).text() == "the private key");
  BOOST_TEST(back.chain == one.chain);
  BOOST_TEST(back.bytes == one.bytes);
  BOOST_TEST(back.addresses == one.addresses);
  const auto listed = store->identities().value();
  BOOST_REQUIRE(listed.size() == 1U);
  BOOST_TEST(std::get<Secret>(listed[0].key).empty());
}

BOOST_AUTO_TEST_CASE(a_reference_is_kept_as_one) {
  SigningIdentity one = identity("ann@clinic.example");
  one.key =
      parse_key_reference("pkcs11:token=hsm;object=seal?pin-source=credential:pin&module-path=/lib/hsm.so").value();
  BOOST_REQUIRE(store->add_identity(one));
  const auto back = store->find_identity(address("ann@clinic.example"), one.kind, now).value().value();
  BOOST_TEST((std::get<KeyReference>(back.key) == std::get<KeyReference>(one.key)));
}

BOOST_AUTO_TEST_CASE(another_kek_is_a_clear_error) {
  BOOST_REQUIRE(store->add_identity(identity("ann@clinic.example")));
  const auto wrong = try_open(test::kek(8));
  BOOST_REQUIRE(!wrong);
  BOOST_TEST(wrong.error().code == Errc::denied);
  BOOST_TEST(wrong.error().text.find("another KEK") != std::string::npos, wrong.error().text);
}

BOOST_AUTO_TEST_CASE(without_a_kek_keys_are_found_and_private_keys_are_not) {
  add(openpgp("bob@lab.example", '1', Trust::found));
  BOOST_REQUIRE(store->add_identity(identity("ann@clinic.example")));
  store = std::move(try_open(Secret()).value());
  BOOST_TEST(found("bob@lab.example") == Names{"1111"});
  BOOST_TEST(store->find_identity(address("ann@clinic.example"), KeyKind::certificate, now).error().code ==
             Errc::denied);
  BOOST_TEST(store->add_identity(identity("eve@clinic.example")).error().code == Errc::denied);
}

BOOST_AUTO_TEST_CASE(a_sealed_key_that_was_moved_to_another_identity_does_not_open) {
  const SigningIdentity ann = identity("ann@clinic.example", "ann's"), eve = identity("eve@clinic.example", "eve's");
  BOOST_REQUIRE(store->add_identity(ann));
  BOOST_REQUIRE(store->add_identity(eve));
  const auto sql = session();
  const auto sealed = sql->query("select sealed from signing_identity where fingerprint = :1", {eve.fingerprint});
  sql->execute("update signing_identity set sealed = :1 where fingerprint = :2", {sealed[0][0], ann.fingerprint});
  const auto found = store->find_identity(address("ann@clinic.example"), KeyKind::certificate, now);
  BOOST_REQUIRE(!found);
  BOOST_TEST(found.error().code == Errc::corrupt);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
