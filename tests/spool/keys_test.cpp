// The life of keys, with the KEK in hand.
#include "spool/keys.hpp"

#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "crypto/epoch_keys.hpp"
#include "crypto/seal.hpp"
#include "spool/body.hpp"
#include "tests/spool/restarting.hpp"

namespace {

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Keyed : Restarting {
  QueueId keep(const RecipientState& state, std::string facts = {}) {
    return test::keep(*spool, clock, random, "a secret text", 1, state, {}, std::move(facts)).value();
  }
  QueueId keep() { return keep(Queued{clock.now()}); }
  [[nodiscard]] std::uint64_t epoch_of(const QueueId& id) { return spool->load(id).value().message.epoch; }
  [[nodiscard]] fs::path file(std::uint64_t epoch) const {
    return folder.path() / "keys" / (std::to_string(epoch) + ".key");
  }
  /// What somebody can do who has a copy of the database, the KEK, and the key files of `dir`.
  Result<std::string> open_copy(test::Disk& copy, const fs::path& dir, const QueueId& id) {
    const auto keys = crypto::EpochKeys::open(dir, test::kek(), random, 1h, crypto::EpochKeys::Access::read);
    if (!keys) return fail(keys.error());
    const auto record = decode_message(copy[Table::message][id.str()]).value();
    for (const crypto::EpochNumber epoch : (*keys)->known()) {  // any of them, not only the one that is named
      const auto key = (*keys)->unwrap(epoch, record.wrapped_key);
      if (key) return crypto::open_chunk(*key, {id, body_stream, 0, true}, copy[Table::body][keys::indexed(id, 0)]);
    }
    return fail(Errc::not_found, "no key opens it");
  }
  /// tend()'s wrapping anew and `job`, in either order, written together: the committer is held until both
  /// wait.
  void tend_in_one_group_with(bool tend_first, const std::function<void()>& job) {
    std::promise<void> gate, holding;
    spool->record({"hold"}, [&](const Result<void>&) {
      holding.set_value();
      gate.get_future().wait();
    });
    holding.get_future().wait();
    if (!tend_first) job();
    std::thread tending([&] { BOOST_CHECK(spool->tend().has_value()); });
    std::this_thread::sleep_for(200ms);
    if (tend_first) job();
    gate.set_value();
    tending.join();
  }
  std::unique_ptr<test::Disk> copy_disk() {
    auto copy = std::make_unique<test::Disk>();
    copy->tables = disk->tables;
    return copy;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(life_of_keys, Keyed)

BOOST_AUTO_TEST_CASE(a_copy_made_before_opens_with_the_kek_until_the_epoch_is_destroyed_and_never_after) {
  const QueueId id = keep();
  const std::uint64_t epoch = epoch_of(id);
  const auto copy = copy_disk();
  clock.forward(3h);
  keep();
  BOOST_TEST(open_copy(*copy, folder.path() / "keys", id).value() == "a secret text");  // the test can see
  BOOST_REQUIRE(test::settle(*spool, id, {{0, {}}}));
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST(!fs::exists(file(epoch)));
  BOOST_TEST(!open_copy(*copy, folder.path() / "keys", id));
}

BOOST_AUTO_TEST_CASE(an_epoch_with_a_message_left_stays) {
  const QueueId first = keep(), second = keep();
  const std::uint64_t epoch = epoch_of(first);
  BOOST_REQUIRE(test::settle(*spool, first, {{0, {}}}));
  clock.forward(3h);
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST(fs::exists(file(epoch)));
  BOOST_TEST(test::body_of(*spool, second).value() == "a secret text");
}

BOOST_AUTO_TEST_CASE(the_present_epoch_stays_though_it_is_empty) {
  const QueueId id = keep();
  const std::uint64_t epoch = epoch_of(id);
  BOOST_REQUIRE(test::settle(*spool, id, {{0, {}}}));
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST(fs::exists(file(epoch)));
}

BOOST_AUTO_TEST_CASE(an_empty_epoch_is_destroyed_at_the_next_start_too) {
  const QueueId id = keep();
  const std::uint64_t epoch = epoch_of(id);
  BOOST_REQUIRE(test::settle(*spool, id, {{0, {}}}));
  clock.forward(3h);
  restart();
  BOOST_TEST(!fs::exists(file(epoch)));
}

BOOST_AUTO_TEST_CASE(an_old_message_is_wrapped_anew_and_its_old_epoch_goes) {
  const QueueId id = keep(Held{mail::HoldReason::quarantine, {}, clock.now() + 2400h, false});
  const std::uint64_t epoch = epoch_of(id);
  clock.forward(19h);
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST(epoch_of(id) == epoch);
  clock.forward(2h);
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST(epoch_of(id) == epoch + 21);
  BOOST_TEST(!fs::exists(file(epoch)));
  BOOST_TEST(test::body_of(*spool, id).value() == "a secret text");
  clock.forward(1h);  // not again after an hour
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST(epoch_of(id) == epoch + 21);
  restart();
  BOOST_TEST(test::body_of(*spool, id).value() == "a secret text");
}

BOOST_AUTO_TEST_CASE(many_old_messages_are_all_wrapped_anew) {
  std::vector<QueueId> ids;
  for (int i = 0; i < 600; ++i)
    ids.push_back(keep());
  const std::uint64_t epoch = epoch_of(ids[0]);
  clock.forward(21h);
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST(!fs::exists(file(epoch)));
  for (const QueueId& id : ids)
    BOOST_REQUIRE(test::body_of(*spool, id).has_value());
}

BOOST_AUTO_TEST_CASE(a_message_that_is_wrapped_anew_and_settled_in_one_group_costs_no_other_its_key) {
  for (const bool tend_first : {true, false}) {
    const std::uint64_t kept_before = spool->counts().messages;
    const QueueId leaving = keep();
    const QueueId staying = keep(Held{mail::HoldReason::quarantine, {}, clock.now() + 2400h, false});
    clock.forward(21h);
    const QueueId young = keep();
    std::promise<bool> settled;
    tend_in_one_group_with(tend_first, [&] {
      spool->settle(leaving, {{0, {}}}, {}, [&](const Result<void>& r) { settled.set_value(r.has_value()); });
    });
    BOOST_TEST(settled.get_future().get());
    const QueueCounts counted = spool->counts();
    clock.forward(3h);
    BOOST_REQUIRE(spool->tend());
    BOOST_TEST(counted.messages == 2U + kept_before);
    for (const QueueId& id : {staying, young})
      BOOST_TEST(test::body_of(*spool, id).value() == "a secret text");
    // Every epoch but those that wrap something, the present one and the one before is gone.
    std::set<std::uint64_t> wrapping;
    for (const StoredMessage& stored : spool->list({}, 100).value())
      wrapping.insert(stored.message.epoch);
    for (const auto& entry : fs::directory_iterator(folder.path() / "keys")) {
      if (entry.path().extension() != ".key") continue;
      const std::uint64_t epoch = std::stoull(entry.path().stem().string());
      BOOST_TEST((wrapping.contains(epoch) || epoch >= epoch_of(young) + 2));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_message_that_is_wrapped_anew_and_judged_in_one_group_keeps_both) {
  for (const bool tend_first : {true, false}) {
    const QueueId id = keep(Unjudged{});
    clock.forward(21h);
    std::promise<bool> judged;
    tend_in_one_group_with(tend_first, [&] {
      spool->judged(id, {test::recipient_record(0, Queued{clock.now()})}, "hash", {}, {},
                    [&](const Result<void>& r) { judged.set_value(r.has_value()); });
    });
    BOOST_TEST(judged.get_future().get());
    clock.forward(3h);
    BOOST_REQUIRE(spool->tend());
    BOOST_TEST(spool->load(id).value().message.judged);
    BOOST_TEST(test::body_of(*spool, id).value() == "a secret text");
  }
}

BOOST_AUTO_TEST_CASE(facts_live_for_their_own_time_and_their_day_key_goes_with_them) {
  const QueueId id = keep(Queued{clock.now()}, "facts");
  const auto day_keys = [&] {
    return std::distance(fs::directory_iterator(folder.path() / "keys" / "facts"), fs::directory_iterator());
  };
  BOOST_REQUIRE(test::settle(*spool, id, {{0, {}}}));
  clock.forward(29 * 24h);
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST(spool->facts(id).value() == "facts");
  BOOST_TEST(day_keys() == 1);
  clock.forward(2 * 24h);
  BOOST_REQUIRE(spool->tend());
  BOOST_TEST((spool->facts(id).error().code == Errc::not_found));
  BOOST_TEST((*disk)[Table::facts].empty());
  BOOST_TEST(day_keys() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
