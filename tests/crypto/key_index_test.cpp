// Who has a key, without a query; and how soon a change is seen.
#include <boost/test/unit_test.hpp>

#include "tests/crypto/key_store_scene.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;
using postern::test::address;
using Scene = test::KeyStoreScene;

BOOST_FIXTURE_TEST_SUITE(key_store, Scene)

BOOST_AUTO_TEST_CASE(the_index_knows_our_own_changes_at_once) {
  BOOST_TEST(kinds("ann@lab.example") == KeyKinds{});
  add(certificate("ann@lab.example", Trust::found));
  BOOST_TEST(kinds("ann@lab.example") == (KeyKinds{true, false}));
  add(openpgp("@lab.example", '1', Trust::found));
  BOOST_TEST(kinds("ann@lab.example") == (KeyKinds{true, true}));
  BOOST_REQUIRE(store->remove({std::string(40, '1')}));
  BOOST_TEST(kinds("ann@lab.example") == (KeyKinds{true, false}));
}

BOOST_AUTO_TEST_CASE(what_another_process_changes_is_known_a_second_later) {
  const auto other = open();
  BOOST_REQUIRE(store->refresh(now));
  BOOST_REQUIRE(other->add(openpgp("ann@lab.example", '1', Trust::found)));
  BOOST_REQUIRE(store->refresh(now + 999ms));
  BOOST_TEST(kinds("ann@lab.example") == KeyKinds{});
  BOOST_REQUIRE(store->refresh(now + 1s));
  BOOST_TEST(kinds("ann@lab.example") == (KeyKinds{false, true}));
}

BOOST_AUTO_TEST_CASE(a_change_of_ours_hides_none_of_another_process) {
  const auto other = open();
  BOOST_REQUIRE(store->refresh(now));
  BOOST_REQUIRE(other->add(openpgp("ann@lab.example", '1', Trust::found)));
  add(openpgp("bob@lab.example", '2', Trust::found));
  BOOST_REQUIRE(store->refresh(now + 1s));
  BOOST_TEST(kinds("ann@lab.example") == (KeyKinds{false, true}));
  BOOST_TEST(kinds("bob@lab.example") == (KeyKinds{false, true}));
}

BOOST_AUTO_TEST_CASE(an_unchanged_database_is_not_read_again) {
  add(openpgp("ann@lab.example", '1', Trust::found));
  BOOST_REQUIRE(store->refresh(now));
  const auto before = store->index();
  BOOST_REQUIRE(store->refresh(now + 10s));
  BOOST_TEST(store->index() == before);
}

BOOST_AUTO_TEST_CASE(many_changes_of_ours_are_all_in_the_index) {
  for (int i = 0; i < 700; ++i) {
    KeyRecord key = openpgp("a" + std::to_string(i) + "@lab.example", '1', Trust::found);
    key.fingerprint = std::string(36, '0') + std::to_string(1000 + i);
    BOOST_REQUIRE(add(key) == AddOutcome::added);
  }
  for (int i = 0; i < 700; ++i)
    BOOST_REQUIRE(kinds("a" + std::to_string(i) + "@lab.example").openpgp);
  BOOST_TEST(store->index()->size() == 700U);
}

// What is known of an address

BOOST_AUTO_TEST_CASE(a_key_that_another_process_revokes_is_not_in_the_next_answer) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  const auto other = open();
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
  BOOST_REQUIRE(other->revoke(std::string(40, '1'), now));
  BOOST_TEST(found("ann@lab.example") == Names{});
  BOOST_REQUIRE(other->add(openpgp("@lab.example", '2', Trust::verified)));
  BOOST_TEST(found("ann@lab.example") == Names{"2222"});
  BOOST_REQUIRE(other->set_trust({std::string(40, '2'), {}}, Trust::refused));
  BOOST_TEST(found("ann@lab.example") == Names{});
}

BOOST_AUTO_TEST_CASE(so_are_what_sources_said_and_who_signs) {
  const auto said = [this] { return store->lookups(address("ann@lab.example")).value().size(); };
  const auto signs = [this] {
    return store->find_identity(address("ann@clinic.example"), KeyKind::certificate, now).value().has_value();
  };
  const auto other = open();
  BOOST_TEST((said() == 0U && !signs()));
  BOOST_REQUIRE(other->learn({"ann@lab.example", "wkd", "said so", now, now + 1h}, {}));
  const SigningIdentity ann = identity("ann@clinic.example");
  BOOST_REQUIRE(other->add_identity(ann));
  BOOST_TEST((said() == 1U && signs()));
  BOOST_REQUIRE(other->remove_identity(ann.fingerprint));
  BOOST_TEST(!signs());
}

BOOST_AUTO_TEST_CASE(what_nobody_has_changed_is_not_read_again) {
  add(openpgp("ann@lab.example", '1', Trust::pinned));
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
  session()->execute("delete from key_binding", {});  // by no way of ours: the generation stays
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
  session()->execute("update key_store_state set generation = generation + 1 where id = 1", {});
  BOOST_TEST(found("ann@lab.example") == Names{});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
