// The key store: keys that are added, found and listed. On SQLite; on PostgreSQL by tests/outside/test_keys.py, as all
// of its suite.
#include <boost/test/unit_test.hpp>

#include "tests/crypto/key_store_scene.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;
using postern::test::address;
using Scene = test::KeyStoreScene;

BOOST_FIXTURE_TEST_SUITE(key_store, Scene)

BOOST_AUTO_TEST_CASE(what_was_added_is_found_as_it_was) {
  const KeyRecord key = certificate("ann@lab.example", Trust::pinned);
  BOOST_TEST(add(key) == AddOutcome::added);
  store = open();
  const auto keys = store->find(address("ann@lab.example")).value();
  BOOST_REQUIRE(keys.size() == 1U);
  BOOST_TEST((keys[0].kind == KeyKind::certificate));
  BOOST_TEST(keys[0].fingerprint == key.fingerprint);
  BOOST_TEST(keys[0].bytes == key.bytes);
  BOOST_TEST(keys[0].addresses == key.addresses);
  BOOST_TEST(keys[0].source == key.source);
  BOOST_TEST(keys[0].evidence == key.evidence);
  BOOST_TEST((keys[0].trust == Trust::pinned));
  BOOST_TEST((keys[0].added == key.added && keys[0].not_before == key.not_before));
  BOOST_TEST((keys[0].not_after == key.not_after && !keys[0].revoked && !keys[0].awaits_approval));
  BOOST_TEST(add(key) == AddOutcome::unchanged);
}

BOOST_AUTO_TEST_CASE(the_case_of_an_address_does_not_matter_to_who_asks) {
  add(openpgp("ann@lab.example", '1', Trust::found));
  BOOST_TEST(found("Ann@LAB.example") == Names{"1111"});
}

BOOST_AUTO_TEST_CASE(the_address_itself_comes_before_its_domain_and_then_trust_and_then_youth) {
  KeyRecord old = openpgp("ann@lab.example", '2', Trust::verified),
            young = openpgp("ann@lab.example", '3', Trust::verified);
  old.not_before = now - 100h;
  young.not_before = now - 1h;
  add(old);
  add(young);
  add(openpgp("ann@lab.example", '1', Trust::found));
  add(openpgp("@lab.example", '4', Trust::verified));
  add(openpgp("bob@lab.example", '5', Trust::verified));
  add(openpgp("@below.lab.example", '6', Trust::verified));
  BOOST_TEST(found("ann@lab.example") == (Names{"3333", "2222", "1111", "4444"}));
  BOOST_TEST(found("eve@lab.example") == Names{"4444"});
  BOOST_TEST(found("ann@other.example") == Names{});
}

BOOST_AUTO_TEST_CASE(a_key_that_has_expired_is_found_and_the_index_says_no) {
  KeyRecord key = openpgp("ann@lab.example", '1', Trust::verified);
  key.not_after = now + 1h;
  add(key);
  BOOST_TEST(kinds("ann@lab.example") == (KeyKinds{false, true}));
  now += 1h;
  BOOST_TEST(kinds("ann@lab.example") == KeyKinds{});
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
}

BOOST_AUTO_TEST_CASE(what_must_not_be_stored_is_refused_and_nothing_of_its_batch_is_kept) {
  const auto code = [&](auto change) {
    KeyRecord key = certificate("ann@lab.example", Trust::pinned);
    change(key);
    const auto result = store->add({openpgp("good@lab.example", '1', Trust::pinned), key});
    BOOST_REQUIRE(!result);
    return result.error().code;
  };
  BOOST_TEST(code([](KeyRecord& key) { key.addresses.clear(); }) == Errc::invalid);
  BOOST_TEST(code([](KeyRecord& key) { key.addresses = {"Ann@lab.example"}; }) == Errc::invalid);
  BOOST_TEST(code([](KeyRecord& key) { key.addresses = {"no address"}; }) == Errc::invalid);
  BOOST_TEST(code([](KeyRecord& key) { key.fingerprint = std::string(64, '0'); }) == Errc::invalid);
  BOOST_TEST(code([](KeyRecord& key) { key.fingerprint = "AB"; }) == Errc::invalid);
  BOOST_TEST(code([](KeyRecord& key) { key.bytes += "x"; }) == Errc::invalid);
  BOOST_TEST(code([](KeyRecord& key) { key.bytes = std::string(longest_key + 1, 'x'); }) == Errc::limit);
  BOOST_TEST(code([](KeyRecord& key) {
               key.addresses = std::vector<std::string>(most_key_addresses + 1, "a@lab.example");
             }) == Errc::limit);
  BOOST_TEST(found("good@lab.example") == Names{});
}

BOOST_AUTO_TEST_CASE(text_of_strangers_is_stored_clean) {
  KeyRecord key = openpgp("ann@lab.example", '1', Trust::found);
  key.source = std::string("import: a'b\"c;\0\n\xff--", 19) + "é";
  BOOST_TEST(add(key) == AddOutcome::added);
  BOOST_TEST(store->list({}).value()[0].source ==
             "import: a'b\"c;?"
             "?"
             "?--é");
}

// Lists

BOOST_AUTO_TEST_CASE(a_list_is_narrowed_by_everything_that_is_known_of_a_key) {
  KeyRecord ending = openpgp("ann@lab.example", '1', Trust::found);
  ending.not_after = now + 24h;
  add(ending);
  add(openpgp("@other.example", '2', Trust::verified));
  add(certificate("bob@lab.example", Trust::pinned));
  const auto count = [&](auto set) {
    KeyFilter filter;
    set(filter);
    return store->list(filter).value().size();
  };
  BOOST_TEST(count([](KeyFilter&) {}) == 3U);
  BOOST_TEST(count([](KeyFilter& f) { f.kind = KeyKind::openpgp; }) == 2U);
  BOOST_TEST(count([](KeyFilter& f) { f.fingerprint = "111"; }) == 1U);
  BOOST_TEST(count([](KeyFilter& f) { f.address = "ann@lab.example"; }) == 1U);
  BOOST_TEST(count([](KeyFilter& f) { f.domain = "lab.example"; }) == 2U);
  BOOST_TEST(count([](KeyFilter& f) { f.domain = "other.example"; }) == 1U);
  BOOST_TEST(count([](KeyFilter& f) { f.trust = Trust::pinned; }) == 1U);
  BOOST_TEST(count([&](KeyFilter& f) { f.expires_before = now + 25h; }) == 1U);
  BOOST_TEST(count([&](KeyFilter& f) { f.expires_before = now + 23h; }) == 0U);
  BOOST_TEST(count([](KeyFilter& f) { f.revoked = true; }) == 0U);
  BOOST_TEST(count([](KeyFilter& f) {
               f.domain = "lab.example";
               f.kind = KeyKind::certificate;
             }) == 1U);
  BOOST_TEST(store->list({}, 2).value().size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_key_at_many_addresses_is_one_record) {
  KeyRecord key = openpgp("ann@lab.example", '1', Trust::pinned);
  key.addresses = {"ann@lab.example", "bob@lab.example", "@other.example"};
  add(key);
  const auto keys = store->list({}).value();
  BOOST_REQUIRE(keys.size() == 1U);
  BOOST_TEST(keys[0].addresses.size() == 3U);
  BOOST_TEST(keys[0].bytes == key.bytes);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
