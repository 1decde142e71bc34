// What sources of keys said of an address, and the keys that they gave.
#include <boost/test/unit_test.hpp>

#include "tests/crypto/key_store_scene.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;
using postern::test::address;
using Scene = test::KeyStoreScene;

BOOST_FIXTURE_TEST_SUITE(key_store, Scene)

KeyLookup lookup(const Scene& room, const std::string& source, Duration from_now = {}) {
  return {"ann@lab.example", source, "said so", room.now + from_now, room.now + from_now + 1h};
}

BOOST_AUTO_TEST_CASE(what_a_source_said_is_kept_with_the_keys_that_it_gave) {
  const auto learned = store->learn(lookup(*this, "wkd"), {openpgp("ann@lab.example", 'a', Trust::verified)});
  BOOST_TEST(learned.value().at(0).outcome == AddOutcome::added);
  store = open();
  const auto known = store->lookups(address("Ann@LAB.example")).value();
  BOOST_REQUIRE(known.size() == 1U);
  BOOST_TEST(known[0].source == "wkd");
  BOOST_TEST(known[0].said == "said so");
  BOOST_TEST((known[0].at == now && known[0].until == now + 1h));
  BOOST_TEST(found("ann@lab.example") == Names{"aaaa"});
  BOOST_TEST(kinds("ann@lab.example") == (KeyKinds{false, true}));
  BOOST_TEST(store->lookups(address("bob@lab.example")).value().empty());
}

BOOST_AUTO_TEST_CASE(what_a_source_names_no_more_is_bound_no_more_unless_somebody_else_stands_by_it) {
  const auto key = [&](char digit, const std::string& source) {
    return openpgp("ann@lab.example", digit, Trust::verified, source);
  };
  BOOST_REQUIRE(store->learn(lookup(*this, "wkd"), {key('a', "wkd"), key('b', "wkd"), key('c', "wkd")}));
  BOOST_REQUIRE(store->learn(lookup(*this, "openpgpkey"), {key('d', "openpgpkey")}));
  BOOST_REQUIRE(store->set_trust({std::string(40, 'b'), {}}, Trust::pinned));
  BOOST_REQUIRE(store->approve({std::string(40, 'c'), {}}));
  BOOST_REQUIRE(store->set_trust({std::string(40, 'a'), {}}, Trust::refused));
  const auto learned = store->learn(lookup(*this, "wkd", 2h), {});
  BOOST_TEST(learned.value().empty());  // pinned ones are an administrator's, and a refusal is remembered
  BOOST_TEST(add(key('a', "openpgpkey")) == AddOutcome::refused);
  const auto other = store->learn(lookup(*this, "openpgpkey", 2h), {});
  BOOST_TEST(other.value().at(0).event.ends_with("is withdrawn: openpgpkey names it no more"));
  // Who named the same key, and stood behind the better source, is asked again.
  BOOST_TEST(store->lookups(address("ann@lab.example")).value().size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_must_not_be_stored_is_not_learned) {
  KeyRecord key = openpgp("ann@lab.example", 'a', Trust::verified);
  key.fingerprint = "xyz";
  BOOST_TEST(store->learn(lookup(*this, "wkd"), {key}).error().code == Errc::invalid);
  BOOST_TEST(store->lookups(address("ann@lab.example")).value().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
