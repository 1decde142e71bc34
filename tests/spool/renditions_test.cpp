// What was sealed for recipients is sent byte for byte each time, and is gone when nobody needs it any more.
#include <boost/test/unit_test.hpp>

#include "tests/spool/queue.hpp"
#include "tests/support/rendition.hpp"

namespace {

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;

struct Renditions : Queue {
  Result<void> seal(const QueueId& id, const std::string& bytes, const std::vector<std::uint32_t>& indexes) {
    std::vector<SealedTo> to;
    for (const std::uint32_t index : indexes)
      to.push_back({index, "key of " + std::to_string(index)});
    return test::keep_rendition(*spool, id, bytes, std::move(to));
  }
  [[nodiscard]] Result<std::string> of(const QueueId& id, std::uint32_t index) {
    return test::rendition_of(*spool, id, index);
  }
  [[nodiscard]] Made make(const QueueId& id, const std::string& bytes, std::vector<std::uint32_t> indexes) {
    std::vector<SealedTo> to;
    for (const std::uint32_t index : indexes)
      to.push_back({index, "key of " + std::to_string(index)});
    return test::make_rendition(*spool, id, bytes, std::move(to)).value();
  }
  /// The recipient is tried again later, with what was made for him.
  [[nodiscard]] RecipientChange tried_again(const QueueId& id, std::uint32_t index, const Made& made) {
    RecipientRecord record = recipient(id, index);
    record.state = Queued{clock.now() + 1h};
    record.rendition = made->rendition();
    record.sealed_to = "key of " + std::to_string(index);
    return {index, record, made};
  }
  const std::string large = std::string(2 * chunk_size + 5, 's');  // three chunks
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(renditions, Renditions)

BOOST_AUTO_TEST_CASE(is_on_record_from_the_mark_before_the_final_dot_on) {
  const QueueId id = keep(2);
  const Made made = make(id, large, {0, 1});
  BOOST_TEST(rows(Table::rendition) == 2U);  // the last chunk is in memory
  BOOST_TEST(test::read_all(*made->open()).value() == large);
  BOOST_TEST(!recipient(id, 0).rendition.has_value());
  BOOST_TEST(test::attempting(*spool, id, {0}, made).has_value());
  BOOST_TEST(test::attempting(*spool, id, {1}, made).has_value());  // the next transaction of the same attempt
  BOOST_TEST(test::read_all(*made->open()).value() == large);
  restart();  // as after kill -9
  BOOST_TEST((of(id, 0).value() == large));
  BOOST_TEST((of(id, 1).value() == large));
  BOOST_TEST(test::settle(*spool, id, {{0, std::nullopt}, {1, std::nullopt}}).has_value());
  BOOST_TEST(rows(Table::rendition) == 0U);
}

BOOST_AUTO_TEST_CASE(that_was_never_sent_goes_on_record_with_the_outcome_that_keeps_it) {
  const QueueId id = keep(2);
  BOOST_TEST(test::settle(*spool, id, {tried_again(id, 0, make(id, large, {0})), {1, std::nullopt}}).has_value());
  disk->cut_power();
  restart();
  BOOST_TEST((of(id, 0).value() == large));
  BOOST_TEST(test::settle(*spool, id, {{0, std::nullopt}}).has_value());
  BOOST_TEST(rows(Table::rendition) == 0U);
}

BOOST_AUTO_TEST_CASE(that_nobody_keeps_is_never_on_record) {
  const QueueId id = keep(3);
  RecipientRecord next_rung = recipient(id, 1);
  ++next_rung.rung;
  {
    const Made made = make(id, large, {0, 1});
    BOOST_TEST(test::settle(*spool, id, {{0, std::nullopt, made}, {1, next_rung, made}}).has_value());
  }
  BOOST_TEST(rows(Table::rendition) == 0U);
  BOOST_TEST(rows(Table::message) == 1U);
}

BOOST_AUTO_TEST_CASE(a_power_cut_before_the_outcome_may_take_it_along_and_it_is_made_anew) {
  const QueueId id = keep(1);
  BOOST_TEST(seal(id, large, {0}).has_value());
  disk->cut_power();
  restart();
  BOOST_TEST((of(id, 0).error().code == Errc::not_found));
  BOOST_TEST(rows(Table::rendition) == 0U);
}

BOOST_AUTO_TEST_CASE(is_there_after_a_power_cut_and_says_whose_key_it_is_sealed_to) {
  const QueueId id = keep(2);
  const Made made = make(id, large, {1});
  BOOST_TEST(test::attempting(*spool, id, {1}, made).has_value());
  BOOST_TEST(test::settle(*spool, id, {tried_again(id, 1, made)}).has_value());
  disk->cut_power();
  restart();
  BOOST_TEST((of(id, 1).value() == large));
  BOOST_TEST(recipient(id, 1).sealed_to == "key of 1");
  BOOST_TEST((of(id, 0).error().code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(stays_for_those_who_share_it_and_goes_with_the_last_of_them) {
  const QueueId id = keep(3);
  BOOST_TEST(seal(id, large, {0, 1}).has_value());
  BOOST_TEST(rows(Table::rendition) == 3U);
  BOOST_TEST(test::settle(*spool, id, {{0, std::nullopt}}).has_value());
  BOOST_TEST((of(id, 1).value() == large));
  BOOST_TEST(test::settle(*spool, id, {{1, std::nullopt}}).has_value());
  BOOST_TEST(rows(Table::rendition) == 0U);
  BOOST_TEST(rows(Table::message) == 1U);  // recipient 2 waits
}

BOOST_AUTO_TEST_CASE(a_retry_keeps_it_and_the_next_rung_gives_it_up) {
  const QueueId id = keep(1);
  BOOST_TEST(seal(id, "sealed", {0}).has_value());
  RecipientRecord record = recipient(id, 0);
  record.state = Queued{clock.now() + 1h};
  BOOST_TEST(test::settle(*spool, id, {{0, record}}).has_value());
  BOOST_TEST(of(id, 0).value() == "sealed");
  record.rendition.reset();
  ++record.rung;
  BOOST_TEST(test::settle(*spool, id, {{0, record}}).has_value());
  BOOST_TEST(rows(Table::rendition) == 0U);
}

BOOST_AUTO_TEST_CASE(one_that_is_made_anew_takes_the_place_of_the_old) {
  const QueueId id = keep(2);
  BOOST_TEST(seal(id, "to old keys", {0, 1}).has_value());
  BOOST_TEST(seal(id, "to a new key", {0}).has_value());
  BOOST_TEST(of(id, 0).value() == "to a new key");
  BOOST_TEST(of(id, 1).value() == "to old keys");
  BOOST_TEST(seal(id, "to new keys", {1}).has_value());
  BOOST_TEST(rows(Table::rendition) == 2U);
}

BOOST_AUTO_TEST_CASE(nobody_gets_one_who_is_gone) {
  const QueueId id = keep(2);
  BOOST_TEST(test::settle(*spool, id, {{0, std::nullopt}}).has_value());
  BOOST_TEST((seal(id, large, {0, 1}).error().code == Errc::not_found));
  spool.reset();  // the answer comes before the chunks go
  BOOST_TEST(rows(Table::rendition) == 0U);
}

BOOST_AUTO_TEST_CASE(opens_under_the_next_epoch_of_its_message_too) {
  const QueueId id = keep(1);
  BOOST_TEST(seal(id, "sealed", {0}).has_value());
  const StoredMessage before = spool->load(id).value();
  clock.forward(21h);
  BOOST_TEST(spool->tend().has_value());
  BOOST_TEST(spool->load(id).value().message.epoch > before.message.epoch);
  BOOST_TEST(of(id, 0).value() == "sealed");
  // Whoever loaded the message before that has its old wrap.
  const auto reader = spool->open_rendition(before.message, *before.recipients.at(0).rendition);
  BOOST_TEST(test::read_all(*reader.value()).value() == "sealed");
}

BOOST_AUTO_TEST_CASE(opens_with_its_own_message_only) {
  const QueueId one = keep(1), other = keep(1);
  BOOST_TEST(seal(one, "sealed", {0}).has_value());
  const auto stolen = spool->open_rendition(spool->load(other).value().message, *recipient(one, 0).rendition);
  BOOST_TEST((stolen.error().code == Errc::corrupt));
}

BOOST_AUTO_TEST_CASE(a_damaged_chunk_is_an_error_and_not_shorter_mail) {
  const QueueId id = keep(1);
  BOOST_TEST(seal(id, large, {0}).has_value());
  auto& chunks = (*disk)[Table::rendition];
  std::next(chunks.begin())->second[9] ^= 1;
  BOOST_TEST((of(id, 0).error().code == Errc::corrupt));
}

BOOST_AUTO_TEST_SUITE_END()
