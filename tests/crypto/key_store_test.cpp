// The key store, on SQLite; on PostgreSQL by tests/outside/test_keys.py.
#include "crypto/key_store.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "crypto/key_schema.hpp"
#include "tests/support/key_room.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;
using postern::test::address;
using postern::test::secret;

struct Room : test::KeyRoom {
  std::unique_ptr<KeyStore> store = open();

  std::vector<std::string> found(const std::string& for_whom) {
    std::vector<std::string> fingerprints;
    for (const KeyRecord& key : store->find(address(for_whom)).value())
      fingerprints.push_back(key.fingerprint.substr(0, 4));
    return fingerprints;
  }
  AddOutcome add(const KeyRecord& key) { return store->add(key).value().outcome; }
  KeyKinds kinds(const std::string& for_whom) { return store->index()->kinds(address(for_whom), now); }

  SigningIdentity identity(const std::string& for_whom, std::string_view key = "-----BEGIN PRIVATE KEY-----") {
    const KeyRecord of = certificate(for_whom, Trust::pinned);
    SigningIdentity made;
    made.fingerprint = of.fingerprint;
    made.addresses = {for_whom};
    made.bytes = of.bytes;
    made.key = secret(key);
    made.added = now;
    made.not_before = now - 1h;
    return made;
  }
};

using Names = std::vector<std::string>;

}  // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(std::vector<std::string>)
BOOST_TEST_DONT_PRINT_LOG_VALUE(postern::crypto::AddOutcome)
BOOST_TEST_DONT_PRINT_LOG_VALUE(postern::crypto::KeyKinds)
BOOST_TEST_DONT_PRINT_LOG_VALUE(postern::Errc)

BOOST_FIXTURE_TEST_SUITE(key_store, Room)

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

// A changed key

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

KeyLookup lookup(const Room& room, const std::string& source, Duration from_now = {}) {
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

BOOST_AUTO_TEST_CASE(a_database_of_the_first_form_is_brought_up_to_date_and_keeps_its_keys) {
  add(certificate("ann@lab.example", Trust::pinned));
  store.reset();
  session()->execute("drop table key_lookup", {});
  session()->execute("delete from key_store_migration where version = 2", {});
  store = open();
  BOOST_TEST(found("ann@lab.example").size() == 1U);
  BOOST_TEST(store->lookups(address("ann@lab.example")).value().empty());
}

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

// The index

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

// Identities

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

// The database

BOOST_AUTO_TEST_CASE(a_newer_form_is_refused) {
  session()->execute("insert into key_store_migration (version, applied) values (99, 0)", {});
  const auto opened = try_open(test::kek(7));
  BOOST_REQUIRE(!opened);
  BOOST_TEST(opened.error().code == Errc::too_new);
}

BOOST_AUTO_TEST_CASE(many_threads_add_and_find) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([this, t, &wrong] {
      for (int i = 0; i < 10; ++i) {
        const std::string who = "a" + std::to_string(t * 100 + i) + "@lab.example";
        KeyRecord key = openpgp(who, '1', Trust::found);
        key.fingerprint = std::string(36, '0') + std::to_string(1000 + t * 100 + i);
        if (!store->add(key) || store->find(address(who)).value_or(std::vector<KeyRecord>()).size() != 1 ||
            !store->refresh(now + std::chrono::seconds(i)) || !store->index()->kinds(address(who), now).any())
          ++wrong;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(store->index()->size() == 60U);
}

BOOST_AUTO_TEST_CASE(while_another_writes_who_reads_does_not_wait_and_who_writes_gives_up_in_time) {
  add(openpgp("ann@lab.example", '1', Trust::found));
  const auto other = session();
  sql::Transaction transaction(*other);
  other->execute("update key_store_state set generation = generation + 1 where id = 1", {});
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
  const auto begun = std::chrono::steady_clock::now();
  const auto added = store->add(openpgp("bob@lab.example", '2', Trust::found));
  BOOST_REQUIRE(!added);
  BOOST_TEST((added.error().code == Errc::unavailable || added.error().code == Errc::timed_out));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s));
  transaction.commit();
  BOOST_TEST(add(openpgp("bob@lab.example", '2', Trust::found)) == AddOutcome::added);
}

BOOST_AUTO_TEST_SUITE_END()

// SQLite alone

BOOST_AUTO_TEST_SUITE(key_store_file)

BOOST_AUTO_TEST_CASE(the_file_is_its_owners_alone_and_durable) {
  test::KeyRoom room;
  room.database = SqliteDatabase{room.folder.path() / "keys.db"};
  const auto store = room.open();
  const auto permissions = std::filesystem::status(room.folder.path() / "keys.db").permissions();
  BOOST_TEST((permissions == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)));
  const auto sql = room.session();
  BOOST_TEST(sql::text(sql->query("pragma journal_mode", {})[0][0]) == "wal");
  BOOST_TEST(sql::number(sql->query("pragma synchronous", {})[0][0]) == 2);
  BOOST_TEST(sql::number(sql->query("pragma secure_delete", {})[0][0]) == 1);
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_files_holds_no_private_key_in_clear) {
  test::KeyRoom room;
  room.database = SqliteDatabase{room.folder.path() / "keys.db"};
  const std::string clear = "-----BEGIN PRIVATE KEY-----MIGHAgEAMBMGByqGSM49";
  {
    const auto store = room.open();
    const KeyRecord of = room.certificate("ann@clinic.example", Trust::pinned);
    SigningIdentity identity;
    identity.fingerprint = of.fingerprint;
    identity.addresses = of.addresses;
    identity.bytes = of.bytes;
    identity.key = secret(clear);
    BOOST_REQUIRE(store->add_identity(identity));
  }
  std::string all;
  for (const auto& file : std::filesystem::directory_iterator(room.folder.path())) {
    std::ifstream in(file.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  BOOST_TEST(all.find("signing_identity") != std::string::npos);  // it is the right file that is searched
  for (const std::string_view piece : {"PRIVATE KEY", "MIGHAgEAMBMGByq", "UFJJVkFURSBLRVk"})
    BOOST_TEST(all.find(piece) == std::string::npos, piece);
}

BOOST_AUTO_TEST_CASE(what_is_no_database_says_so) {
  test::KeyRoom room;
  room.database = SqliteDatabase{room.folder.path() / "keys.db"};
  std::ofstream(room.folder.path() / "keys.db") << std::string(8192, 'x');
  const auto opened = room.try_open(test::kek(7));
  BOOST_REQUIRE(!opened);
  BOOST_TEST(opened.error().code == Errc::corrupt);
  room.database = SqliteDatabase{room.folder.path() / "nowhere" / "keys.db"};
  BOOST_TEST(room.try_open(test::kek(7)).error().code == Errc::io);
}

BOOST_AUTO_TEST_SUITE_END()
