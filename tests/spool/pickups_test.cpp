// Recipients whose message waits in the portal.
#include <future>

#include <boost/test/unit_test.hpp>

#include "spool/keys.hpp"
#include "tests/spool/queue.hpp"

namespace {

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;

struct Pickups : Queue {
  template <class Start>
  Result<void> wait(Start start) {
    std::promise<Result<void>> done;
    start([&done](Result<void> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  PickupRecord make(const std::string& lookup, const QueueId& of, std::uint32_t index = 0) {
    PickupRecord record;
    record.lookup = lookup;
    record.deposit = QueueId::make(clock.now(), random);
    record.link = test::kek(9);
    record.envelope.id = of;
    record.envelope.from = test::address("ann@clinic.example");
    record.envelope.to = {test::address("bob@lab.example")};
    record.envelope.header_from = test::address("ann@clinic.example");
    record.index = index;
    record.accepted = clock.now();
    record.expires = clock.now() + 24h * 30;
    record.language = "de";
    return record;
  }
  QueueId some_id() { return QueueId::make(clock.now(), random); }
  Result<void> keep_all(std::vector<PickupRecord> records) {
    return wait([&](Done done) { spool->keep_pickups(std::move(records), std::move(done)); });
  }
  Result<void> change(const std::string& lookup, ChangePickup how, std::vector<EventBytes> events = {}) {
    return wait([&](Done done) { spool->change_pickup(lookup, std::move(how), std::move(events), std::move(done)); });
  }
  Result<void> erase(const std::string& lookup) {
    return change(lookup, [](PickupRecord&) { return PickupChange::gone; });
  }
  std::vector<std::string> names(const std::vector<PickupRecord>& records) {
    std::vector<std::string> found;
    for (const PickupRecord& record : records)
      found.push_back(record.lookup);
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pickups, Pickups)

BOOST_AUTO_TEST_CASE(is_there_after_a_power_cut_with_all_that_it_says) {
  const QueueId id = some_id();
  PickupRecord record = make("a", id, 7);
  record.notice = some_id();
  record.opened = clock.now();
  record.others = {mail::Address::parse("eve@lab.example").value()};
  record.receipt = true;
  record.reminded = clock.now();
  record.proof = PickupProof::passphrase;
  record.passphrase = test::kek(3);
  record.passphrase_mail = some_id();
  record.account_half = "half of a pair";
  record.extended_by_sender = record.resent_by_sender = true;
  BOOST_TEST(keep_all({record}).has_value());
  disk->cut_power();
  restart();
  const PickupRecord found = spool->pickup("a").value();
  BOOST_TEST(encode_pickup(found) == encode_pickup(record));
  BOOST_TEST(found.link.text() == test::kek(9).text());
  BOOST_TEST(found.envelope.to.front().str() == "bob@lab.example");
  BOOST_TEST((found.proof == PickupProof::passphrase));
  BOOST_TEST(found.passphrase.text() == test::kek(3).text());
  BOOST_TEST((spool->pickup("b").error().code == Errc::not_found));
}

/// As they were stored before anybody could answer, and before there was another proof than the code.
BOOST_AUTO_TEST_CASE(of_the_first_forms_is_read) {
  const PickupRecord record = make("a", some_id(), 7);
  std::string old = encode_pickup(record);
  BOOST_REQUIRE(old.front() == 4);
  BOOST_REQUIRE(old.ends_with(std::string(
      9, '\0')));  // no others, no receipt, not reminded; code; no passphrase, no account, not extended, not resent
  for (const auto& [form, fewer] : {std::pair('\3', 3U), std::pair('\2', 3U), std::pair('\1', 3U)}) {
    old.front() = form;
    old.resize(old.size() - fewer);
    const auto read = decode_pickup(old);
    BOOST_REQUIRE(read);
    BOOST_TEST(encode_pickup(*read) == encode_pickup(record));
    BOOST_TEST((read->proof == PickupProof::code));
  }
}

BOOST_AUTO_TEST_CASE(those_that_share_a_passphrase_are_found_by_the_mail_that_tells_it) {
  const QueueId id = some_id(), mail = some_id(), later = some_id();
  PickupRecord first = make("a", id, 0), second = make("b", id, 1);
  first.passphrase_mail = second.passphrase_mail = mail;
  const std::size_t before = rows(Table::meta);
  BOOST_TEST(keep_all({first, second}).has_value());
  BOOST_TEST((names(spool->pickups_of(mail).value()) == std::vector<std::string>{"a", "b"}));
  BOOST_TEST(change("b", [&](PickupRecord& record) {
               record.passphrase_mail = later;
               return PickupChange::kept;
             }).has_value());
  BOOST_TEST((names(spool->pickups_of(mail).value()) == std::vector<std::string>{"a"}));
  BOOST_TEST((names(spool->pickups_of(later).value()) == std::vector<std::string>{"b"}));
  BOOST_TEST(erase("a").has_value());
  BOOST_TEST(erase("b").has_value());
  BOOST_TEST(rows(Table::meta) == before);
}

BOOST_AUTO_TEST_CASE(is_found_by_its_message_and_by_its_notice) {
  const QueueId id = some_id(), other = some_id(), notice = some_id();
  BOOST_TEST(keep_all({make("a", id, 0), make("b", id, 3), make("c", other)}).has_value());
  BOOST_TEST((names(spool->pickups_of(id).value()) == std::vector<std::string>{"a", "b"}));
  BOOST_TEST(change("b", [&](PickupRecord& record) {
               record.notice = notice;
               return PickupChange::kept;
             }).has_value());
  BOOST_TEST((names(spool->pickups_of(notice).value()) == std::vector<std::string>{"b"}));
  BOOST_TEST(spool->pickups_of(some_id()).value().empty());
}

BOOST_AUTO_TEST_CASE(what_is_gone_leaves_nothing) {
  const QueueId id = some_id(), notice = some_id();
  PickupRecord record = make("a", id);
  record.notice = notice;
  const std::size_t before = rows(Table::meta);
  BOOST_TEST(keep_all({record}).has_value());
  BOOST_TEST(erase("a").has_value());
  BOOST_TEST(rows(Table::pickup) == 0U);
  BOOST_TEST(rows(Table::meta) == before);
  BOOST_TEST((erase("a").error().code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(changes_at_once_do_not_undo_each_other) {
  BOOST_TEST(keep_all({make("a", some_id())}).has_value());
  const QueueId notice = some_id();
  std::promise<Result<void>> first, second;
  spool->change_pickup(
      "a", [&](PickupRecord& r) { return r.notice = notice, PickupChange::kept; }, {},
      [&](Result<void> r) { first.set_value(std::move(r)); });
  spool->change_pickup(
      "a", [&](PickupRecord& r) { return r.opened = clock.now(), PickupChange::kept; }, {},
      [&](Result<void> r) { second.set_value(std::move(r)); });
  BOOST_TEST(first.get_future().get().has_value());
  BOOST_TEST(second.get_future().get().has_value());
  BOOST_TEST((spool->pickup("a")->notice == notice));
  BOOST_TEST(spool->pickup("a")->opened.has_value());
}

BOOST_AUTO_TEST_CASE(events_are_written_where_something_changed) {
  BOOST_TEST(keep_all({make("a", some_id())}).has_value());
  BOOST_TEST(change("a", [](PickupRecord&) { return PickupChange::none; }, {"no"}).has_value());
  BOOST_TEST(change("a", [](PickupRecord&) { return PickupChange::kept; }, {"yes"}).has_value());
  const auto events = spool->events_after(0, 10).value();
  BOOST_REQUIRE_EQUAL(events.size(), 1U);
  BOOST_TEST(events[0].second == "yes");
}

BOOST_AUTO_TEST_CASE(are_listed_by_name_in_pages) {
  BOOST_TEST(keep_all({make("a", some_id()), make("b", some_id()), make("c", some_id())}).has_value());
  BOOST_TEST((names(spool->list_pickups("", 2).value()) == std::vector<std::string>{"a", "b"}));
  BOOST_TEST((names(spool->list_pickups("b", 2).value()) == std::vector<std::string>{"c"}));
}

/// With the KEK in hand: a copy of the table from before opens nothing two days after the pick-up has left.
BOOST_AUTO_TEST_CASE(a_copy_of_the_table_opens_nothing_once_the_key_of_its_day_is_gone) {
  BOOST_TEST(keep_all({make("leaves", some_id()), make("stays", some_id())}).has_value());
  const auto copy = (*disk)[Table::pickup];
  BOOST_TEST(erase("leaves").has_value());
  const auto put_back = [&] {
    for (const auto& [key, row] : copy)
      (*disk)[Table::pickup][key] = row;
  };
  put_back();
  BOOST_TEST(spool->pickup("leaves").has_value());  // the control: it could still be opened
  BOOST_TEST(erase("leaves").has_value());
  for (int day = 0; day < 2; ++day) {
    clock.forward(24h);
    BOOST_TEST(spool->tend().has_value());
  }
  BOOST_TEST(spool->pickup("stays").has_value());
  put_back();
  BOOST_TEST(!spool->pickup("leaves").has_value());
  BOOST_TEST(!spool->pickup("stays").has_value());
}

BOOST_AUTO_TEST_CASE(a_row_that_is_damaged_hides_no_other) {
  BOOST_TEST(keep_all({make("a", some_id()), make("b", some_id())}).has_value());
  (*disk)[Table::pickup]["a"] = "damage";
  BOOST_TEST((names(spool->list_pickups("", 10).value()) == std::vector<std::string>{"b"}));
  BOOST_TEST(!spool->pickup("a").has_value());
  clock.forward(24h);
  BOOST_TEST(spool->tend().has_value());
  BOOST_TEST(spool->pickup("b").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
