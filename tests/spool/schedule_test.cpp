// The schedule as who sends reads it: by places, passing over what cannot go now.
#include <boost/test/unit_test.hpp>

#include "tests/spool/queue.hpp"

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(schedule, Queue)

BOOST_AUTO_TEST_CASE(a_scan_passes_over_what_it_does_not_want_and_can_come_back_to_it) {
  keep(4);
  std::vector<std::uint32_t> shown;
  const auto scan = [&](const Place& from, const std::function<Pick(const DueRecipient&)>& pick) {
    shown.clear();
    return spool
        ->scan_due(clock.now(), from,
                   [&](const DueRecipient& due, const Place&) {
                     shown.push_back(due.index);
                     return pick(due);
                   })
        .value();
  };
  using Indexes = std::vector<std::uint32_t>;
  const Place third = scan("", [](const DueRecipient& due) {
    return due.index == 1 ? Pick::claim : due.index == 2 ? Pick::end : Pick::pass;
  });
  BOOST_TEST(shown == (Indexes{0, 1, 2}), boost::test_tools::per_element());
  const Place end = scan(third, [](const DueRecipient&) { return Pick::pass; });
  BOOST_TEST(shown == (Indexes{2, 3}), boost::test_tools::per_element());
  (void)scan(end, [](const DueRecipient&) { return Pick::claim; });
  BOOST_TEST(shown.empty());
  (void)scan("", [](const DueRecipient&) { return Pick::claim; });
  BOOST_TEST(shown == (Indexes{0, 2, 3}), boost::test_tools::per_element());  // 1 was claimed
  BOOST_TEST(claim().empty());
}

BOOST_AUTO_TEST_CASE(who_scans_by_places_hears_of_what_came_behind_them) {
  BOOST_TEST((spool->changed_from() == Place("q")));  // after a start all is news
  BOOST_TEST(!spool->changed_from());
  const QueueId id = keep();
  const Place later = spool->scan_due(clock.now(), "", [](const auto&, const auto&) { return Pick::claim; }).value();
  BOOST_TEST((spool->changed_from().value() < later));
  BOOST_TEST(!spool->changed_from());
  spool->unclaim(id, 0);
  const auto place = spool->changed_from();
  BOOST_REQUIRE(place);
  unsigned shown = 0;
  (void)spool->scan_due(clock.now(), *place, [&](const auto&, const auto&) { return ++shown, Pick::claim; });
  BOOST_TEST(shown == 1U);
  RecipientRecord next = recipient(id, 0);
  next.state = Queued{clock.now() - 1min};  // settled, and due at once
  BOOST_REQUIRE(test::settle(*spool, id, {{0, next}}));
  const auto behind = spool->changed_from();
  BOOST_REQUIRE(behind);
  BOOST_TEST((*behind < *place));
}

BOOST_AUTO_TEST_CASE(the_schedule_says_whose_mail_it_is_where_it_goes_and_whether_it_was_tried) {
  const QueueId id = keep(3);
  RecipientRecord relayed = recipient(id, 1), tried = recipient(id, 2);
  relayed.ladder = {mail::TlsRelay{mail::Relay{"relay.example", 2525, false}, {}}};
  tried.ladder = {mail::Hold{}};
  tried.attempts = 1;
  BOOST_REQUIRE(test::settle(*spool, id, {{1, relayed}, {2, tried}}));
  for (const bool after_a_restart : {false, true}) {
    if (after_a_restart) {
      for (auto& [key, value] : (*disk)[Table::schedule])
        value.clear();  // as an older version wrote it
      restart();
    }
    const auto due = test::claim_due(*spool, clock.now(), 10).value();
    BOOST_REQUIRE(due.size() == 3U);
    BOOST_TEST(due[0].destination == recipient(id, 0).address.domain().str());
    BOOST_TEST(due[0].tenant == spool->load(id).value().message.envelope.origin.tenant);
    BOOST_TEST(!due[0].again);
    BOOST_TEST(due[1].destination == "relay.example:2525");
    BOOST_TEST(due[2].destination == "");
    BOOST_TEST(due[2].again);
  }
}

BOOST_AUTO_TEST_SUITE_END()
