// Fail the N-th write, for every N, in both ways in which a disk can fail: the write is lost, or it is there
// after all. What was answered ok is there after a restart; what was not is whole or absent.
#include <boost/test/unit_test.hpp>

#include "spool/open_over.hpp"
#include "tests/support/failing_store.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/rendition.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;
using test::FailedWrite;

struct Failing {
  test::Folder folder;
  test::TurnedClock clock;
  test::SeededRandom random;
  std::shared_ptr<test::Disk> disk = std::make_shared<test::Disk>();
  std::shared_ptr<test::Plan> plan = std::make_shared<test::Plan>();
  std::unique_ptr<Spool> spool;

  std::unique_ptr<Spool> open() {
    auto store = std::make_unique<test::FailingStore>(std::make_unique<test::MemoryStore>(disk), plan);
    return open_over(std::move(store), test::options_in(folder.path()), clock, random).value();
  }
  /// Opens a healthy spool, then counts writes from now on.
  void arm(std::uint64_t fail_at, FailedWrite outcome, bool then_dead) {
    plan = std::make_shared<test::Plan>();
    spool = open();
    plan->outcome = outcome;
    plan->then_dead = then_dead;
    plan->writes = 0;
    plan->fail_at = fail_at;
  }
  void restart() {
    spool.reset();
    plan = std::make_shared<test::Plan>();
    spool = open();
  }
  [[nodiscard]] bool failed_yet() const { return plan->writes >= plan->fail_at; }

  /// After a restart: every message has recipients, every body opens, the counts are those of the records.
  void check_whole() {
    QueueCounts counted;
    for (const StoredMessage& stored : spool->list({}, 1000).value()) {
      ++counted.messages;
      BOOST_TEST(!stored.recipients.empty());
      BOOST_TEST(test::body_of(*spool, stored.message.envelope.id).has_value());
      for (const RecipientRecord& recipient : stored.recipients)
        count(counted, recipient);
    }
    BOOST_TEST(spool->counts().messages == counted.messages);
    BOOST_TEST(spool->counts().queued == counted.queued);
    BOOST_TEST(spool->counts().held == counted.held);
  }
  static void count(QueueCounts& counts, const RecipientRecord& recipient) {
    if (std::holds_alternative<Queued>(recipient.state)) ++counts.queued;
    if (std::holds_alternative<Held>(recipient.state)) ++counts.held;
  }
  QueueId message_in_healthy_spool(std::size_t recipients = 1, const std::string& body = "text") {
    plan = std::make_shared<test::Plan>();
    spool = open();
    return test::keep(*spool, clock, random, body, recipients, Queued{clock.now()}).value();
  }
  [[nodiscard]] std::size_t bodies() { return (*disk)[Table::body].size(); }
};

const std::string large(2 * chunk_size + 9, 'x');

/// Runs `attempt` with the first write failing, the second, and so on, until it ends without reaching the
/// failure.
template <class Attempt>
void for_every_write(Attempt attempt) {
  for (const FailedWrite outcome : {FailedWrite::lost, FailedWrite::kept}) {
    for (const bool then_dead : {true, false}) {
      std::uint64_t at = 1;
      while (attempt(at, outcome, then_dead))
        ++at;
      BOOST_TEST(at > 1U);  // or nothing was tested
    }
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(failure_by_index, Failing)

BOOST_AUTO_TEST_CASE(of_an_accept) {
  for_every_write([&](std::uint64_t at, FailedWrite outcome, bool then_dead) {
    arm(at, outcome, then_dead);
    const auto before = spool->counts().messages;
    const auto kept = test::keep(*spool, clock, random, large, 2, Queued{clock.now()});
    const bool reached = failed_yet();
    restart();
    check_whole();
    if (kept) BOOST_TEST((test::body_of(*spool, *kept).value() == large));
    BOOST_TEST(kept.has_value() == !reached);
    BOOST_TEST(spool->counts().messages <= before + 1);
    BOOST_TEST(bodies() == 3 * spool->counts().messages);  // no orphan is left
    return reached;
  });
}

BOOST_AUTO_TEST_CASE(what_was_answered_ok_survives_a_power_cut_and_so_does_its_end) {
  arm(UINT64_MAX, FailedWrite::lost, false);
  const QueueId small = test::keep(*spool, clock, random, "text", 1, Queued{clock.now()}).value();
  const QueueId big = test::keep(*spool, clock, random, large, 1, Queued{clock.now()}).value();
  disk->cut_power();
  restart();
  BOOST_TEST(test::body_of(*spool, small).value() == "text");
  BOOST_TEST((test::body_of(*spool, big).value() == large));

  BOOST_TEST(test::settle(*spool, small, {{0, std::nullopt}}).has_value());
  disk->cut_power();
  restart();
  BOOST_TEST(!spool->load(small).has_value());  // delivered mail does not come back
  check_whole();
}

BOOST_AUTO_TEST_CASE(of_an_attempt) {
  for_every_write([&](std::uint64_t at, FailedWrite outcome, bool then_dead) {
    const QueueId id = message_in_healthy_spool();
    spool.reset();
    arm(at, outcome, then_dead);
    const auto marked = test::attempting(*spool, id, {0}, {}, {"attempting"});
    const bool reached = failed_yet();
    restart();
    check_whole();
    const bool suspected = spool->load(id).value().recipients.at(0).may_be_duplicate;
    if (marked) BOOST_TEST(suspected);
    BOOST_TEST(suspected == (marked.has_value() || outcome == FailedWrite::kept));
    return reached;
  });
}

BOOST_AUTO_TEST_CASE(a_rendition_that_a_failed_write_may_have_lost_is_nobodys) {
  const QueueId id = message_in_healthy_spool();
  const Made made = test::make_rendition(*spool, id, "sealed", {{0, "key"}}).value();
  BOOST_TEST(test::attempting(*spool, id, {0}, made).has_value());
  plan->fail_at = plan->writes + 1;
  BOOST_TEST(!test::attempting(*spool, id, {0}).has_value());
  disk->cut_power();  // what a disk does that fails to sync: the attempt's mark and the rendition are gone
  BOOST_TEST((test::attempting(*spool, id, {0}, made).error().code == Errc::unavailable));
  RecipientRecord next = spool->load(id).value().recipients.at(0);
  next.rendition = made->rendition();
  next.sealed_to = "key";
  BOOST_TEST(test::settle(*spool, id, {{0, next, made}}).has_value());
  BOOST_TEST(!spool->load(id).value().recipients.at(0).rendition.has_value());
  BOOST_TEST(spool->load(id).value().recipients.at(0).sealed_to.empty());
}

BOOST_AUTO_TEST_CASE(chunks_of_a_rendition_that_a_failed_write_may_have_lost_are_nobodys) {
  const QueueId id = message_in_healthy_spool();
  const Made made = test::make_rendition(*spool, id, large, {{0, "key"}}).value();
  plan->fail_at = plan->writes + 1;
  BOOST_TEST(!test::attempting(*spool, id, {0}).has_value());
  disk->cut_power();
  RecipientRecord next = spool->load(id).value().recipients.at(0);
  next.rendition = made->rendition();
  BOOST_TEST(test::settle(*spool, id, {{0, next, made}}).has_value());
  BOOST_TEST(!spool->load(id).value().recipients.at(0).rendition.has_value());
}

BOOST_AUTO_TEST_CASE(of_a_rendition_that_goes_on_record_with_its_outcome) {
  for_every_write([&](std::uint64_t at, FailedWrite outcome, bool then_dead) {
    const QueueId id = message_in_healthy_spool();
    spool.reset();
    arm(at, outcome, then_dead);
    Result<void> settled = fail(Errc::io, "not tried");
    {
      RecipientRecord next = spool->load(id).value().recipients.at(0);
      const auto made = test::make_rendition(*spool, id, large, {{0, "key"}});
      if (made) next.rendition = (*made)->rendition();
      next.sealed_to = "key";
      if (made) settled = test::settle(*spool, id, {{0, next, *made}});
      // The caller tries again, and what the disk may not have is not spoken of.
      if (made && !settled) settled = test::settle(*spool, id, {{0, next, *made}});
    }
    const bool reached = failed_yet();
    restart();
    check_whole();
    const RecipientRecord now = spool->load(id).value().recipients.at(0);
    if (!reached) BOOST_TEST(now.rendition.has_value());
    if (now.rendition) BOOST_TEST((test::rendition_of(*spool, id, 0).value() == large));
    if (settled) BOOST_TEST(now.sealed_to == (now.rendition ? "key" : ""));
    BOOST_TEST((*disk)[Table::rendition].size() == (now.rendition ? 3U : 0U));  // no orphan is left
    BOOST_TEST(test::settle(*spool, id, {{0, std::nullopt}}).has_value());
    BOOST_TEST((*disk)[Table::rendition].empty());
    return reached;
  });
}

BOOST_AUTO_TEST_CASE(of_a_rendition) {
  for_every_write([&](std::uint64_t at, FailedWrite outcome, bool then_dead) {
    const QueueId id = message_in_healthy_spool(2);
    spool.reset();
    arm(at, outcome, then_dead);
    const auto kept = test::keep_rendition(*spool, id, large, {{0, "key"}, {1, "key"}});
    const bool reached = failed_yet();
    restart();
    check_whole();
    const auto there = test::rendition_of(*spool, id, 1);
    if (kept) BOOST_TEST((there.value() == large));
    BOOST_TEST(kept.has_value() == !reached);
    BOOST_TEST((*disk)[Table::rendition].size() == (there ? 3U : 0U));  // no orphan is left
    BOOST_TEST(test::settle(*spool, id, {{0, std::nullopt}, {1, std::nullopt}}).has_value());
    BOOST_TEST((*disk)[Table::rendition].empty());
    return reached;
  });
}

BOOST_AUTO_TEST_CASE(of_a_settle) {
  for_every_write([&](std::uint64_t at, FailedWrite outcome, bool then_dead) {
    const QueueId id = message_in_healthy_spool(2, large);
    spool.reset();
    arm(at, outcome, then_dead);
    const auto first = test::settle(*spool, id, {{0, {}}});
    const auto second = test::settle(*spool, id, {{1, {}}});
    const bool reached = failed_yet();
    restart();
    check_whole();
    const auto left = spool->load(id);
    if (first && second) BOOST_TEST(!left.has_value());
    if (left && first) BOOST_TEST(left->recipients.size() == 1U);
    if (!left) BOOST_TEST((first || outcome == FailedWrite::kept));
    return reached;
  });
}

BOOST_AUTO_TEST_CASE(of_a_hold_and_its_release) {
  for_every_write([&](std::uint64_t at, FailedWrite outcome, bool then_dead) {
    const QueueId id = message_in_healthy_spool();
    spool.reset();
    arm(at, outcome, then_dead);
    const Held hold{mail::HoldReason::operator_, {}, clock.now() + 1h, false};
    const auto held = test::settle(*spool, id, {{0, test::recipient_record(0, hold)}}, {"held"});
    const auto released = test::settle(*spool, id, {{0, test::recipient_record(0, Queued{clock.now()})}}, {"released"});
    const bool reached = failed_yet();
    restart();
    check_whole();
    const auto stored = spool->load(id).value();
    BOOST_REQUIRE(stored.recipients.size() == 1U);
    const bool is_held = std::holds_alternative<Held>(stored.recipients[0].state);
    if (held && released) BOOST_TEST(!is_held);
    if (held && !released) BOOST_TEST((is_held || outcome == FailedWrite::kept));
    BOOST_TEST(test::claim_due(*spool, clock.now(), 1000).value().size() == spool->counts().queued);
    return reached;
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(after_a_failed_sync, Failing)

BOOST_AUTO_TEST_CASE(nobody_in_the_group_hears_ok) {
  arm(2, FailedWrite::lost, false);
  std::promise<void> gate, holding;
  spool->record({"hold"}, [&](const Result<void>&) {
    holding.set_value();
    gate.get_future().wait();
  });
  holding.get_future().wait();
  std::vector<std::future<bool>> answers;
  for (int i = 0; i < 5; ++i) {
    auto promise = std::make_shared<std::promise<bool>>();
    answers.push_back(promise->get_future());
    spool->record({"event"}, [promise](const Result<void>& r) { promise->set_value(r.has_value()); });
  }
  gate.set_value();
  for (auto& answer : answers)
    BOOST_TEST(!answer.get());
  BOOST_TEST(test::wait_for([&](Done done) { spool->record({"next"}, std::move(done)); }).has_value());
}

BOOST_AUTO_TEST_CASE(calls_are_answered_unavailable_until_the_store_is_open_again) {
  arm(1, FailedWrite::lost, false);
  plan->failing_reopens = 2;
  const auto keep = [&] { return test::keep(*spool, clock, random, "text", 1, Queued{clock.now()}); };
  BOOST_TEST((keep().error().code == Errc::io));
  BOOST_TEST((keep().error().code == Errc::unavailable));
  BOOST_TEST((keep().error().code == Errc::unavailable));
  BOOST_TEST(keep().has_value());
  BOOST_TEST(spool->counts().messages == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_refused_but_is_there_after_all_is_counted_and_delivered_and_keeps_its_key) {
  arm(3, FailedWrite::kept, false);  // two chunks, then the commit
  const auto refused = test::keep(*spool, clock, random, large, 1, Queued{clock.now()});
  BOOST_REQUIRE(!refused);
  BOOST_REQUIRE(test::keep(*spool, clock, random, "text", 1, Queued{clock.now()}));
  BOOST_TEST(spool->counts().messages == 2U);
  BOOST_TEST(test::claim_due(*spool, clock.now(), 10).value().size() == 2U);
  clock.forward(3h);
  BOOST_REQUIRE(spool->tend());
  for (const StoredMessage& stored : spool->list({}, 10).value()) {
    BOOST_TEST(test::body_of(*spool, stored.message.envelope.id).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_message_whose_chunks_were_written_before_the_store_was_opened_anew_is_not_kept) {
  arm(2, FailedWrite::lost, false);
  const QueueId id = QueueId::make(clock.now(), random);
  auto incoming = spool->begin(id).value();
  BOOST_REQUIRE(incoming->append(std::string(chunk_size + 1, 'x')));                           // write 1
  BOOST_TEST(!test::wait_for([&](Done done) { spool->record({"event"}, std::move(done)); }));  // write 2 fails
  BOOST_TEST(test::wait_for([&](Done done) { spool->record({"event"}, std::move(done)); }).has_value());  // reopened
  BOOST_REQUIRE(incoming->finish());
  const auto committed = test::wait_for([&](Done done) {
    spool->commit(std::move(incoming), test::message_record(id, clock.now(), 1),
                  {test::recipient_record(0, Queued{clock.now()})}, {}, {}, std::move(done));
  });
  BOOST_REQUIRE(!committed);
  BOOST_TEST((committed.error().code == Errc::unavailable));
  BOOST_TEST((spool->load(id).error().code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_queue_to_which_nothing_comes_goes_on_as_soon_as_the_disk_does) {
  plan = std::make_shared<test::Plan>();
  spool = open();
  BOOST_REQUIRE(test::keep(*spool, clock, random, "text", 1, Queued{clock.now()}));
  spool.reset();
  arm(1, FailedWrite::lost, false);
  plan->failing_reopens = 2;
  const auto record = [&] { return test::wait_for([&](Done done) { spool->record({"event"}, std::move(done)); }); };
  BOOST_TEST(!record());
  BOOST_TEST(!record());  // now the store is closed: nothing can be read
  BOOST_TEST((test::claim_due(*spool, clock.now(), 10).error().code == Errc::unavailable));
  BOOST_TEST(test::claim_due(*spool, clock.now(), 10).value().size() == 1U);
}

BOOST_AUTO_TEST_CASE(who_reads_events_alone_gets_the_store_opened_anew) {
  arm(1, FailedWrite::lost, false);
  plan->failing_reopens = 1;
  BOOST_TEST(!test::wait_for([&](Done done) { spool->record({"event"}, std::move(done)); }));
  BOOST_TEST((spool->events_after(0, 10).error().code == Errc::unavailable));
  BOOST_TEST(spool->events_after(0, 10).has_value());
}

BOOST_AUTO_TEST_CASE(a_recipient_whose_outcome_was_not_written_stays_claimed_until_it_is) {
  for (const FailedWrite outcome : {FailedWrite::lost, FailedWrite::kept}) {
    const QueueId id = message_in_healthy_spool();
    spool.reset();
    arm(1, outcome, false);
    BOOST_REQUIRE(test::claim_due(*spool, clock.now(), 10).value().size() == 1U);
    BOOST_TEST((test::settle(*spool, id, {{0, {}}}).error().code == Errc::io));
    BOOST_TEST(test::claim_due(*spool, clock.now(), 10).value().empty());  // or it would be sent again
    const auto again = test::settle(*spool, id, {{0, {}}});
    if (outcome == FailedWrite::lost) BOOST_TEST(again.has_value());
    if (outcome == FailedWrite::kept) BOOST_TEST((again.error().code == Errc::not_found));
    BOOST_TEST(spool->counts().messages == 0U);
    BOOST_TEST(spool->claim(id, 0));  // no claim is left behind
  }
}

BOOST_AUTO_TEST_CASE(large_mail_alone_gets_the_store_opened_anew) {
  arm(1, FailedWrite::lost, false);
  const auto keep = [&] { return test::keep(*spool, clock, random, large, 1, Queued{clock.now()}); };
  BOOST_TEST(!keep());
  BOOST_TEST(keep().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
