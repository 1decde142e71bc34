// The queue over a store in memory: what each call does, and what a restart keeps.
#include "tests/spool/queue.hpp"

#include <boost/test/unit_test.hpp>

#include "spool/keys.hpp"

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(queue, Queue)

BOOST_AUTO_TEST_CASE(a_kept_message_is_read_back_whole_before_and_after_a_restart) {
  for (const std::size_t size :
       {0UL, 1UL, chunk_size - 1, chunk_size, chunk_size + 1, 3 * chunk_size, 3 * chunk_size + 7}) {
    std::string body(size, '\0');
    random.fill(std::span(reinterpret_cast<std::uint8_t*>(body.data()), body.size()));
    const QueueId id = keep(1, body);
    BOOST_TEST((test::body_of(*spool, id).value() == body));
    restart();
    BOOST_TEST((test::body_of(*spool, id).value() == body));
    BOOST_TEST(spool->load(id).value().message.size == size);
  }
}

BOOST_AUTO_TEST_CASE(an_arriving_body_is_read_back_whole_for_inspection) {
  const std::string body(2 * chunk_size + 5, 'x');
  const auto incoming = spool->begin(QueueId::make(clock.now(), random)).value();
  for (std::size_t at = 0; at < body.size(); at += 1000) {
    BOOST_REQUIRE(incoming->append(std::string_view(body).substr(at, 1000)));
  }
  BOOST_REQUIRE(incoming->finish());
  const auto reader = incoming->open_body();
  std::string read;
  for (std::string piece; !(piece = reader->next().value()).empty();)
    read += piece;
  BOOST_TEST((read == body));
  BOOST_TEST(incoming->size() == body.size());
}

BOOST_AUTO_TEST_CASE(an_incoming_message_that_is_dropped_leaves_nothing) {
  {
    const auto incoming = spool->begin(QueueId::make(clock.now(), random)).value();
    BOOST_REQUIRE(incoming->append(std::string(3 * chunk_size, 'x')));
    BOOST_TEST(rows(Table::body) == 2U);
  }
  BOOST_TEST(rows(Table::body) == 0U);
}

BOOST_AUTO_TEST_CASE(chunks_that_were_moved_swapped_cut_off_or_changed_are_noticed) {
  const std::string body(3 * chunk_size, 'x');
  auto& bodies = (*disk)[Table::body];
  const auto damaged = [&](const std::function<void(const QueueId&)>& damage) {
    const QueueId id = keep(1, body);
    damage(id);
    const auto read = test::body_of(*spool, id);
    return !read && read.error().code == Errc::corrupt;
  };
  BOOST_TEST(
      damaged([&](const QueueId& id) { std::swap(bodies[keys::indexed(id, 0)], bodies[keys::indexed(id, 1)]); }));
  BOOST_TEST(damaged([&](const QueueId& id) { bodies.erase(keys::indexed(id, 1)); }));
  BOOST_TEST(damaged([&](const QueueId& id) { bodies[keys::indexed(id, 1)].pop_back(); }));
  BOOST_TEST(damaged([&](const QueueId& id) { bodies[keys::indexed(id, 2)] = bodies[keys::indexed(id, 1)]; }));
  BOOST_TEST(damaged([&](const QueueId& id) {
    const QueueId other = keep(1, body);
    bodies[keys::indexed(id, 0)] = bodies[keys::indexed(other, 0)];
  }));
  BOOST_TEST(damaged([&](const QueueId& id) {  // cut off at a chunk's end, with a record that agrees
    auto record = decode_message((*disk)[Table::message][id.str()]).value();
    record.chunks = 2;
    Writer out;
    encode(out, record);
    (*disk)[Table::message][id.str()] = out.take();
  }));
}

BOOST_AUTO_TEST_CASE(due_recipients_are_claimed_once_oldest_first) {
  keep(2);
  const QueueId later = keep(1, "text", Queued{clock.now() + 1min});
  BOOST_TEST(claim(1) == std::vector<std::uint32_t>{0}, boost::test_tools::per_element());
  BOOST_TEST(claim() == std::vector<std::uint32_t>{1}, boost::test_tools::per_element());
  BOOST_TEST(claim().empty());
  BOOST_TEST((spool->next_due().value() == clock.now() + 1min));
  clock.forward(1min);
  const auto due = test::claim_due(*spool, clock.now(), 10).value();
  BOOST_REQUIRE(due.size() == 1U);
  BOOST_TEST((due[0].id == later));
  BOOST_TEST((spool->next_due().value() == std::nullopt));
}

BOOST_AUTO_TEST_CASE(what_is_unclaimed_or_after_a_restart_can_be_claimed_again) {
  const QueueId id = keep();
  BOOST_TEST(claim().size() == 1U);
  BOOST_TEST(!spool->claim(id, 0));
  spool->unclaim(id, 0);
  BOOST_TEST(spool->claim(id, 0));
  BOOST_TEST(claim().empty());
  restart();
  BOOST_TEST(claim().size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_entry_earlier_than_all_seen_so_far_is_found) {
  clock.forward(1h);
  keep();
  BOOST_TEST(claim().size() == 1U);
  const QueueId early = keep(1, "text", Queued{clock.now() - 30min});
  const auto due = test::claim_due(*spool, clock.now(), 10).value();
  BOOST_REQUIRE(due.size() == 1U);
  BOOST_TEST((due[0].id == early));
}

BOOST_AUTO_TEST_CASE(a_deferred_recipient_comes_back_at_its_time) {
  const QueueId id = keep();
  BOOST_TEST(claim().size() == 1U);
  RecipientRecord next = recipient(id, 0);
  next.state = Queued{clock.now() + 5min};
  next.attempts = 1;
  BOOST_REQUIRE(test::settle(*spool, id, {{0, next}}));
  BOOST_TEST(claim().empty());
  clock.forward(5min);
  BOOST_TEST(claim().size() == 1U);
  BOOST_TEST(recipient(id, 0).attempts == 1U);
  BOOST_TEST(rows(Table::schedule) == 1U);
}

BOOST_AUTO_TEST_CASE(the_last_recipient_takes_message_and_chunks_along_and_leaves_facts_and_events) {
  const QueueId id =
      test::keep(*spool, clock, random, std::string(2 * chunk_size, 'x'), 2, Queued{clock.now()}, {"accepted"}, "facts")
          .value();
  BOOST_REQUIRE(test::settle(*spool, id, {{0, {}}}));
  BOOST_TEST(spool->load(id).value().recipients.size() == 1U);
  BOOST_TEST(rows(Table::body) == 2U);
  BOOST_REQUIRE(test::settle(*spool, id, {{1, {}}}));
  BOOST_TEST((spool->load(id).error().code == Errc::not_found));
  for (const Table table : {Table::message, Table::recipient, Table::schedule, Table::body})
    BOOST_TEST(rows(table) == 0U);
  BOOST_TEST(spool->facts(id).value() == "facts");
  BOOST_TEST(spool->events_after(0, 10).value().size() == 3U);
  BOOST_TEST(spool->counts().messages == 0U);
  BOOST_TEST(spool->counts().queued == 0U);
}

BOOST_AUTO_TEST_CASE(a_settle_that_names_a_recipient_who_is_gone_changes_nothing_at_all) {
  const QueueId id = keep(2);
  const auto refused = test::settle(*spool, id, {{0, {}}, {7, {}}});
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == Errc::not_found));
  BOOST_TEST(spool->load(id).value().recipients.size() == 2U);
  BOOST_TEST(spool->counts().queued == 2U);
}

BOOST_AUTO_TEST_CASE(a_refused_settle_misleads_no_other_of_its_group) {
  const QueueId id = keep(2);
  // The first holds the committer, so that the other two are one group.
  std::promise<void> gate, holding;
  spool->record({"hold"}, [&](const Result<void>&) {
    holding.set_value();
    gate.get_future().wait();
  });
  holding.get_future().wait();
  std::promise<bool> refused, settled;
  spool->settle(id, {{0, {}}, {7, {}}}, {}, [&](const Result<void>& r) { refused.set_value(!r); });
  spool->settle(id, {{1, {}}}, {}, [&](const Result<void>& r) { settled.set_value(r.has_value()); });
  gate.set_value();
  BOOST_TEST(refused.get_future().get());
  BOOST_TEST(settled.get_future().get());
  BOOST_REQUIRE(spool->load(id).has_value());
  BOOST_TEST(spool->load(id).value().recipients.size() == 1U);
}

BOOST_AUTO_TEST_CASE(recipients_that_settle_in_one_group_end_the_message_once) {
  const QueueId id = keep(50), other = keep();
  std::vector<std::future<bool>> answers;
  for (std::uint32_t i = 0; i < 50; ++i) {
    auto promise = std::make_shared<std::promise<bool>>();
    answers.push_back(promise->get_future());
    spool->settle(id, {{i, {}}}, {"done"}, [promise](const Result<void>& r) { promise->set_value(r.has_value()); });
  }
  for (auto& answer : answers)
    BOOST_TEST(answer.get());
  BOOST_TEST(rows(Table::message) == 1U);
  BOOST_TEST(spool->counts().messages == 1U);
  BOOST_TEST(test::body_of(*spool, other).value() == "text");
}

BOOST_AUTO_TEST_CASE(held_mail_is_not_due_and_its_end_is_found) {
  const QueueId id = keep(1, "text", held(clock.now() + 1h));
  BOOST_TEST(spool->counts().held == 1U);
  BOOST_TEST(claim().empty());
  BOOST_TEST(spool->claim_expired_holds(clock.now(), 10).value().empty());
  clock.forward(1h);
  BOOST_TEST(spool->claim_expired_holds(clock.now(), 10).value().size() == 1U);
  BOOST_TEST(spool->claim_expired_holds(clock.now(), 10).value().empty());
  const RecipientRecord before = recipient(id, 0);
  BOOST_TEST(std::get<Held>(before.state).releasers.at(0) == "officer@clinic.example");
}

BOOST_AUTO_TEST_CASE(released_mail_is_due) {
  const QueueId id = keep(1, "text", held(clock.now() + 1h));
  RecipientRecord next = recipient(id, 0);
  next.state = Queued{clock.now()};
  BOOST_REQUIRE(test::settle(*spool, id, {{0, next}}));
  BOOST_TEST(claim().size() == 1U);
  BOOST_TEST(spool->counts().held == 0U);
  BOOST_TEST(spool->counts().queued == 1U);
}

BOOST_AUTO_TEST_CASE(unjudged_mail_waits_for_its_verdict_and_then_is_due) {
  const QueueId id = keep(2, "text", Unjudged{});
  BOOST_TEST(claim().empty());
  BOOST_TEST((spool->unjudged(10).value() == std::vector<QueueId>{id}));
  const auto judged = test::wait_for([&](Done done) {
    spool->judged(id,
                  {test::recipient_record(0, Queued{clock.now()}), test::recipient_record(1, held(clock.now() + 1h))},
                  "new hash", {"judged"}, "facts", std::move(done));
  });
  BOOST_REQUIRE(judged);
  BOOST_TEST(spool->unjudged(10).value().empty());
  BOOST_TEST(claim().size() == 1U);
  BOOST_TEST(spool->load(id).value().message.policy_hash == "new hash");
  BOOST_TEST(spool->load(id).value().message.judged);
  BOOST_TEST(spool->counts().unjudged == 0U);
  BOOST_TEST(spool->facts(id).value() == "facts");
}

BOOST_AUTO_TEST_CASE(deleting_one_unjudged_recipient_leaves_the_others_waiting_for_judgement) {
  const QueueId id = keep(2, "text", Unjudged{});
  BOOST_REQUIRE(test::settle(*spool, id, {{0, {}}}));
  BOOST_TEST((spool->unjudged(10).value() == std::vector<QueueId>{id}));
  BOOST_REQUIRE(test::settle(*spool, id, {{1, {}}}));
  BOOST_TEST(spool->unjudged(10).value().empty());
}

BOOST_AUTO_TEST_CASE(an_attempt_without_an_answer_is_a_possible_duplicate_after_a_restart) {
  const QueueId id = keep(3);
  BOOST_REQUIRE(test::attempting(*spool, id, {0, 2}));
  BOOST_TEST(!recipient(id, 0).may_be_duplicate);
  restart();
  BOOST_TEST(spool->recovery().maybe_sent == 2U);
  BOOST_TEST(recipient(id, 0).may_be_duplicate);
  BOOST_TEST(!recipient(id, 1).may_be_duplicate);
  BOOST_TEST(recipient(id, 2).may_be_duplicate);
  restart();  // told once
  BOOST_TEST(spool->recovery().maybe_sent == 0U);
  BOOST_TEST(recipient(id, 0).may_be_duplicate);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_settled_is_no_possible_duplicate) {
  const QueueId id = keep(2);
  BOOST_REQUIRE(test::attempting(*spool, id, {0, 1}));
  RecipientRecord next = recipient(id, 1);
  BOOST_REQUIRE(test::settle(*spool, id, {{0, {}}, {1, next}}));
  restart();
  BOOST_TEST(spool->recovery().maybe_sent == 0U);
}

BOOST_AUTO_TEST_CASE(recovery_erases_chunks_that_no_commit_vouches_for) {
  const QueueId kept = keep(1, std::string(2 * chunk_size, 'x'));
  const QueueId orphan = QueueId::make(clock.now(), random);
  for (std::uint32_t i = 0; i < 3; ++i)
    (*disk)[Table::body][keys::indexed(orphan, i)] = "sealed";
  restart();
  BOOST_TEST(spool->recovery().orphans_erased == 1U);
  BOOST_TEST(rows(Table::body) == 2U);
  BOOST_TEST(test::body_of(*spool, kept).has_value());
}

BOOST_AUTO_TEST_CASE(recovery_mends_the_schedule) {
  const QueueId id = keep(2), other = keep(1, "text", held(clock.now() + 1h));
  const auto right = (*disk)[Table::schedule];
  (*disk)[Table::schedule].clear();
  (*disk)[Table::schedule][keys::timed('q', clock.now() + 9h, id, 0)] = "";
  (*disk)[Table::schedule][keys::timed('q', clock.now(), QueueId::make(clock.now(), random), 0)] = "";
  (*disk)[Table::schedule]["q too short"] = "";
  restart();
  BOOST_TEST(((*disk)[Table::schedule] == right));
  BOOST_TEST(claim().size() == 2U);
}

BOOST_AUTO_TEST_CASE(counts_are_the_same_after_a_restart) {
  keep(3);
  keep(2, "text", held(clock.now() + 1h));
  keep(1, "text", Unjudged{});
  restart();
  const QueueCounts counts = spool->counts();
  BOOST_TEST(counts.messages == 3U);
  BOOST_TEST(counts.queued == 3U);
  BOOST_TEST(counts.held == 2U);
  BOOST_TEST(counts.unjudged == 1U);
  BOOST_TEST(spool->recovery().messages == 3U);
}

BOOST_AUTO_TEST_CASE(a_recipient_record_that_cannot_be_read_goes_aside_and_the_others_go_on) {
  const QueueId id = keep(2);
  (*disk)[Table::recipient][keys::indexed(id, 0)] = "nonsense";
  restart();
  BOOST_TEST(spool->recovery().set_aside == 1U);
  BOOST_TEST(claim() == std::vector<std::uint32_t>{1}, boost::test_tools::per_element());
  BOOST_TEST((*disk)[Table::meta][keys::aside_prefix + "recipient/" + keys::indexed(id, 0)] == "nonsense");
}

BOOST_AUTO_TEST_CASE(what_was_set_aside_is_listed_all_of_it_or_of_one_message) {
  const QueueId one = keep(2), other = keep();
  BOOST_TEST(spool->set_aside("").value().empty());
  (*disk)[Table::message][one.str()] = "nonsense";
  (*disk)[Table::recipient][keys::indexed(other, 0)] = "more of it";
  restart();
  BOOST_TEST(spool->set_aside("").value().size() == 4U);
  const auto of_one = spool->set_aside(one.str()).value();
  BOOST_REQUIRE(of_one.size() == 3U);
  BOOST_TEST(of_one[0].what == "message");
  BOOST_TEST(of_one[0].key == one.str());
  BOOST_TEST(of_one[0].bytes == "nonsense");
  BOOST_TEST(of_one[2].what == "recipient");
  BOOST_TEST(of_one[2].key == keys::indexed(one, 1));
  BOOST_TEST(spool->set_aside("no such message").value().empty());
}

BOOST_AUTO_TEST_CASE(a_message_record_says_whether_its_body_is_8_bit) {
  const std::string more(3 * chunk_size / 2, 'x');
  const auto of = [&](const std::string& body) { return spool->load(keep(1, body)).value().message.eight_bit; };
  BOOST_TEST((of("Hello\r\n") == false));
  BOOST_TEST((of("Gr\xc3\xbc\xc3\x9f\r\n") == true));
  BOOST_TEST((of(more + "\x80\r\n" + more) == true));  // in the first chunk of two, or the second
  BOOST_TEST((of(more + more) == false));
}

BOOST_AUTO_TEST_CASE(a_message_record_that_cannot_be_read_goes_aside_with_its_recipients_and_keeps_its_chunks) {
  const QueueId id = keep(2), good = keep();
  (*disk)[Table::message][id.str()] = "nonsense";
  restart();
  BOOST_TEST(spool->recovery().set_aside == 3U);
  BOOST_TEST(spool->counts().messages == 1U);
  BOOST_TEST(spool->counts().queued == 1U);
  BOOST_TEST((*disk)[Table::body].contains(keys::indexed(id, 0)));
  const auto due = test::claim_due(*spool, clock.now(), 10).value();
  BOOST_REQUIRE(due.size() == 1U);
  BOOST_TEST((due[0].id == good));
  restart();
  BOOST_TEST(spool->recovery().set_aside == 0U);
  BOOST_TEST((*disk)[Table::body].contains(keys::indexed(id, 0)));
}

BOOST_AUTO_TEST_CASE(messages_are_listed_in_order_of_arrival_page_by_page) {
  std::vector<QueueId> ids;
  for (int i = 0; i < 5; ++i) {
    clock.forward(1ms);
    ids.push_back(keep());
  }
  std::vector<QueueId> listed;
  QueueId after;
  for (;;) {
    const auto page = spool->list(after, 2).value();
    if (page.empty()) break;
    for (const StoredMessage& stored : page)
      listed.push_back(stored.message.envelope.id);
    after = listed.back();
  }
  BOOST_TEST((listed == ids));
}

BOOST_AUTO_TEST_CASE(too_little_space_takes_nothing_new) {
  spool.reset();
  SpoolOptions options = test::options_in(folder.path());
  options.min_free = UINT64_MAX;
  spool = open_over(std::make_unique<test::MemoryStore>(disk), std::move(options), clock, random).value();
  const auto begun = spool->begin(QueueId::make(clock.now(), random));
  BOOST_REQUIRE(!begun);
  BOOST_TEST((begun.error().code == Errc::limit));
}

BOOST_AUTO_TEST_CASE(events_are_numbered_in_order_and_the_numbers_go_on_after_a_restart) {
  keep();
  BOOST_REQUIRE(test::wait_for([&](Done done) { spool->record({"a", "b"}, std::move(done)); }));
  auto events = spool->events_after(0, 10).value();
  BOOST_REQUIRE(events.size() == 3U);
  BOOST_TEST(events[2].first == 3U);
  BOOST_TEST(events[2].second == "b");
  BOOST_TEST(spool->cursor("file").value() == 0U);
  BOOST_REQUIRE(spool->move_cursor("file", 3));
  BOOST_TEST(rows(Table::outbox) == 0U);
  restart();
  BOOST_TEST(spool->cursor("file").value() == 3U);
  keep();
  events = spool->events_after(3, 10).value();
  BOOST_REQUIRE(events.size() == 1U);
  BOOST_TEST(events[0].first == 4U);
}

BOOST_AUTO_TEST_CASE(events_stay_until_the_slowest_projection_has_passed_them) {
  BOOST_TEST(spool->cursor("fast").value() == 0U);
  BOOST_TEST(spool->cursor("slow").value() == 0U);
  for (int i = 0; i < 4; ++i)
    keep();
  BOOST_REQUIRE(spool->move_cursor("fast", 4));
  BOOST_TEST(rows(Table::outbox) == 4U);
  BOOST_REQUIRE(spool->move_cursor("slow", 3));
  BOOST_TEST(rows(Table::outbox) == 1U);
}

BOOST_AUTO_TEST_CASE(each_commit_wakes_who_asked_for_it) {
  std::promise<void> woken;
  bool once = false;
  spool->on_change([&] {
    if (!std::exchange(once, true)) woken.set_value();
  });
  keep();
  BOOST_TEST((woken.get_future().wait_for(5s) == std::future_status::ready));
  spool->on_change({});
}

BOOST_AUTO_TEST_CASE(many_threads_keep_and_settle_and_nothing_is_lost) {
  std::vector<std::thread> threads;
  std::atomic<unsigned> kept = 0;
  for (unsigned t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 50; ++i) {
        const QueueId id = keep(2, std::string(100 + i, static_cast<char>('a' + t)));
        if (i % 2 == 0) continue;
        if (test::settle(*spool, id, {{0, {}}, {1, {}}})) ++kept;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  BOOST_TEST(kept == 200U);
  BOOST_TEST(spool->counts().messages == 200U);
  BOOST_TEST(spool->counts().queued == 400U);
  restart();
  BOOST_TEST(spool->counts().messages == 200U);
  BOOST_TEST(spool->events_after(0, 10'000).value().size() == 600U);
}

BOOST_AUTO_TEST_SUITE_END()
