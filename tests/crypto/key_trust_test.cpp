// Which of an address's keys count: trust, approval of a changed key, refusal, revocation.
#include <boost/test/unit_test.hpp>

#include "tests/crypto/key_store_scene.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;
using postern::test::address;
using Scene = test::KeyStoreScene;

BOOST_FIXTURE_TEST_SUITE(key_store, Scene)

BOOST_AUTO_TEST_CASE(a_weaker_key_beside_a_pinned_one_awaits_approval) {
  for (const Trust trust : {Trust::found, Trust::verified}) {
    const std::string who = std::string(format_trust(trust)) + "@lab.example";
    add(openpgp(who, trust == Trust::found ? '1' : '2', Trust::pinned));
    const auto added = store->add(certificate(who, trust, "smimea")).value();
    BOOST_TEST(added.outcome == AddOutcome::awaits_approval);
    BOOST_TEST(added.event.find(" for " + who + " (smimea) awaits approval: ") != std::string::npos, added.event);
    BOOST_TEST(found(who).size() == 1U);
    BOOST_TEST(kinds(who) == (KeyKinds{false, true}));
  }
  KeyFilter awaiting;
  awaiting.awaits_approval = true;
  BOOST_TEST(store->list(awaiting).value().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_pinned_for_the_domain_guards_each_address_in_it) {
  add(openpgp("@lab.example", '1', Trust::pinned));
  BOOST_TEST(add(openpgp("ann@lab.example", '2', Trust::verified)) == AddOutcome::awaits_approval);
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
}

BOOST_AUTO_TEST_CASE(two_pinned_keys_and_two_verified_keys_live_side_by_side) {
  BOOST_TEST(add(openpgp("ann@lab.example", '1', Trust::pinned)) == AddOutcome::added);
  BOOST_TEST(add(openpgp("ann@lab.example", '2', Trust::pinned)) == AddOutcome::added);
  BOOST_TEST(add(openpgp("bob@lab.example", '3', Trust::verified)) == AddOutcome::added);
  BOOST_TEST(add(openpgp("bob@lab.example", '4', Trust::found)) == AddOutcome::added);
  BOOST_TEST(found("ann@lab.example").size() == 2U);
  BOOST_TEST(found("bob@lab.example").size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_pinned_later_displaces_the_weaker_ones_that_were_there) {
  add(openpgp("ann@lab.example", '1', Trust::verified));
  add(openpgp("bob@lab.example", '2', Trust::verified));
  add(openpgp("ann@lab.example", '3', Trust::pinned));
  BOOST_TEST(found("ann@lab.example") == Names{"3333"});
  BOOST_TEST(found("bob@lab.example") == Names{"2222"});
  add(openpgp("@lab.example", '4', Trust::pinned));
  BOOST_TEST(found("bob@lab.example") == Names{"4444"});
  BOOST_TEST(kinds("bob@lab.example") == (KeyKinds{false, true}));
}

BOOST_AUTO_TEST_CASE(an_approved_key_takes_the_place_of_the_one_that_was_pinned) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  add(openpgp("ann@lab.example", '2', Trust::found));
  BOOST_REQUIRE(store->approve({std::string(40, '2')}));
  BOOST_TEST(found("ann@lab.example") == Names{"2222"});
  BOOST_TEST((store->find(address("ann@lab.example")).value()[0].trust == Trust::pinned));
  BOOST_TEST(add(openpgp("ann@lab.example", '1', Trust::verified)) == AddOutcome::awaits_approval);
}

BOOST_AUTO_TEST_CASE(approval_at_one_address_is_none_at_another) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  add(openpgp("bob@lab.example", '1', Trust::pinned));
  KeyRecord both = openpgp("ann@lab.example", '2', Trust::found);
  both.addresses.push_back("bob@lab.example");
  BOOST_TEST(add(both) == AddOutcome::awaits_approval);
  BOOST_REQUIRE(store->approve({std::string(40, '2'), "ann@lab.example"}));
  BOOST_TEST(found("ann@lab.example") == Names{"2222"});
  BOOST_TEST(found("bob@lab.example") == Names{"1111"});
}

BOOST_AUTO_TEST_CASE(a_revoked_pin_guards_no_longer) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  BOOST_REQUIRE(store->revoke(std::string(40, '1'), now));
  BOOST_TEST(add(openpgp("ann@lab.example", '2', Trust::verified)) == AddOutcome::added);
  BOOST_TEST(found("ann@lab.example") == Names{"2222"});
}

BOOST_AUTO_TEST_CASE(trust_is_of_the_binding_and_not_of_the_key) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  add(openpgp("bob@lab.example", '1', Trust::found));
  BOOST_TEST((store->find(address("bob@lab.example")).value()[0].trust == Trust::found));
  BOOST_TEST((store->find(address("ann@lab.example")).value()[0].trust == Trust::pinned));
  BOOST_TEST(store->list({}).value().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_better_source_raises_the_trust_and_a_weaker_one_does_not_lower_it) {
  add(openpgp("ann@lab.example", '1', Trust::found));
  BOOST_TEST(add(openpgp("ann@lab.example", '1', Trust::verified)) == AddOutcome::changed);
  BOOST_TEST(add(openpgp("ann@lab.example", '1', Trust::found)) == AddOutcome::unchanged);
  BOOST_TEST((store->find(address("ann@lab.example")).value()[0].trust == Trust::verified));
}

BOOST_AUTO_TEST_CASE(other_bytes_of_a_key_come_from_a_source_that_is_trusted_as_much) {
  add(openpgp("ann@lab.example", '1', Trust::verified));
  KeyRecord other = openpgp("ann@lab.example", '1', Trust::found);
  other.bytes = "an older form, without a revocation";
  BOOST_TEST(add(other) == AddOutcome::unchanged);
  BOOST_TEST(store->find(address("ann@lab.example")).value()[0].bytes != other.bytes);
  other.trust = Trust::verified;
  other.not_after = now + 5h;
  BOOST_TEST(add(other) == AddOutcome::changed);
  const KeyRecord renewed = store->find(address("ann@lab.example")).value()[0];
  BOOST_TEST(renewed.bytes == other.bytes);
  BOOST_TEST((renewed.not_after == other.not_after));
}

// Refused and revoked

BOOST_AUTO_TEST_CASE(refused_stays_refused_whatever_source_brings_it_again) {
  add(openpgp("ann@lab.example", '1', Trust::verified));
  BOOST_REQUIRE(store->set_trust({std::string(40, '1')}, Trust::refused));
  BOOST_TEST(found("ann@lab.example") == Names{});
  BOOST_TEST(kinds("ann@lab.example") == KeyKinds{});
  for (const Trust trust : {Trust::found, Trust::verified, Trust::pinned}) {
    BOOST_TEST(add(openpgp("ann@lab.example", '1', trust)) == AddOutcome::refused);
    BOOST_TEST(add(openpgp("other@lab.example", '1', trust)) == AddOutcome::refused);
  }
  BOOST_TEST(found("ann@lab.example") == Names{});
  BOOST_TEST(found("other@lab.example") == Names{});
  KeyFilter refused;
  refused.trust = Trust::refused;
  BOOST_REQUIRE(store->list(refused).value().size() == 1U);
  BOOST_TEST((store->list(refused).value()[0].trust == Trust::refused));
  BOOST_TEST(!store->approve({std::string(40, '1')}).has_value());
  BOOST_REQUIRE(store->set_trust({std::string(40, '1')}, Trust::pinned));
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
}

BOOST_AUTO_TEST_CASE(revoked_is_for_good) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  BOOST_REQUIRE(store->revoke(std::string(40, '1'), now));
  BOOST_REQUIRE(store->revoke(std::string(40, '1'), now + 5h));
  BOOST_TEST(found("ann@lab.example") == Names{});
  BOOST_TEST(kinds("ann@lab.example") == KeyKinds{});
  BOOST_TEST(add(openpgp("ann@lab.example", '1', Trust::pinned)) == AddOutcome::refused);
  BOOST_TEST((store->list({}).value()[0].revoked == now));
}

BOOST_AUTO_TEST_CASE(a_key_that_comes_with_its_owners_revocation_is_revoked_whoever_brings_it) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  KeyRecord revoked = openpgp("ann@lab.example", '1', Trust::found);
  revoked.revoked = now;
  BOOST_TEST(add(revoked) == AddOutcome::changed);
  BOOST_TEST(found("ann@lab.example") == Names{});
}

BOOST_AUTO_TEST_CASE(what_was_removed_is_as_if_it_had_never_been) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  add(openpgp("bob@lab.example", '1', Trust::pinned));
  BOOST_REQUIRE(store->remove({std::string(40, '1'), "bob@lab.example"}));
  BOOST_TEST(found("bob@lab.example") == Names{});
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
  BOOST_REQUIRE(store->set_trust({std::string(40, '1')}, Trust::refused));
  BOOST_REQUIRE(store->remove({std::string(40, '1')}));
  BOOST_TEST(add(openpgp("ann@lab.example", '1', Trust::found)) == AddOutcome::added);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  const KeyName nobody = {std::string(40, 'a')};
  BOOST_TEST(store->remove(nobody).error().code == Errc::not_found);
  BOOST_TEST(store->approve(nobody).error().code == Errc::not_found);
  BOOST_TEST(store->set_trust(nobody, Trust::pinned).error().code == Errc::not_found);
  BOOST_TEST(store->revoke(nobody.fingerprint, now).error().code == Errc::not_found);
  BOOST_TEST(store->remove_identity(nobody.fingerprint).error().code == Errc::not_found);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
