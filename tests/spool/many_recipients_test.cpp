// A message of many recipients: each of them settles at a cost of its own, and what is sealed for them has a bound.
#include <boost/test/unit_test.hpp>

#include "spool/keys.hpp"
#include "tests/spool/queue.hpp"
#include "tests/support/rendition.hpp"

namespace {

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;

/// Counts the records of recipients that are read.
class CountingStore final : public Store {
 public:
  CountingStore(std::shared_ptr<test::Disk> disk, std::shared_ptr<std::size_t> read)
      : inner_(std::move(disk)), read_(std::move(read)) {}
  Result<void> write(const std::vector<const Batch*>& batches, bool sync) override {
    return inner_.write(batches, sync);
  }
  Result<std::optional<std::string>> get(Table table, std::string_view key) override {
    if (table == Table::recipient) ++*read_;
    return inner_.get(table, key);
  }
  Result<void> scan(Table table, std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& visit) override {
    return inner_.scan(table, from, to, [&](std::string_view key, std::string_view value) {
      if (table == Table::recipient) ++*read_;
      return visit(key, value);
    });
  }
  std::uint64_t sequence() override { return inner_.sequence(); }
  bool failed() const override { return false; }
  Result<void> reopen() override { return {}; }

 private:
  test::MemoryStore inner_;
  std::shared_ptr<std::size_t> read_;
};

struct ManyRecipients : Queue {
  std::shared_ptr<std::size_t> read = std::make_shared<std::size_t>();

  void open_with(std::uint64_t renditions) {
    spool.reset();
    SpoolOptions options = test::options_in(folder.path());
    options.renditions = renditions;
    spool = open_over(std::make_unique<CountingStore>(disk, read), std::move(options), clock, random).value();
  }
  Result<void> seal(const QueueId& id, std::vector<std::uint32_t> indexes, const std::string& bytes = "sealed") {
    std::vector<SealedTo> to;
    for (const std::uint32_t index : indexes)
      to.push_back({index, "key"});
    return test::keep_rendition(*spool, id, bytes, std::move(to));
  }
  Result<void> leave(const QueueId& id, std::uint32_t index) {
    return test::settle(*spool, id, {{index, std::nullopt}});
  }
  [[nodiscard]] std::size_t rows_of(const std::string& prefix) const {
    const auto& meta = (*disk)[Table::meta];
    return static_cast<std::size_t>(std::distance(meta.lower_bound(prefix), meta.lower_bound(keys::after(prefix))));
  }
  /// What it costs to seal for each and to let each go.
  std::size_t reads_to_seal_and_settle(std::uint32_t recipients) {
    const QueueId id = keep(recipients);
    const MessageRecord message = spool->load(id).value().message;
    *read = 0;
    for (std::uint32_t i = 0; i < recipients; ++i) {
      BOOST_REQUIRE(test::keep_rendition(*spool, id, message, "sealed", {{i, "key"}}).has_value());
      BOOST_REQUIRE(leave(id, i).has_value());
    }
    BOOST_TEST(rows(Table::message) == 0U);
    return *read;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(many_recipients, ManyRecipients)

BOOST_AUTO_TEST_CASE(each_costs_as_much_as_among_few) {
  open_with(1U << 30);
  const std::size_t few = reads_to_seal_and_settle(10), many = reads_to_seal_and_settle(200);
  BOOST_TEST(many <= 20 * few);
}

BOOST_AUTO_TEST_CASE(those_who_share_a_rendition_leave_in_any_order_and_the_last_takes_it_along) {
  const QueueId id = keep(5);
  BOOST_REQUIRE(seal(id, {0, 1, 2, 3}).has_value());
  for (const std::uint32_t index : {2U, 0U, 3U}) {
    BOOST_REQUIRE(leave(id, index).has_value());
    BOOST_TEST(rows(Table::rendition) == 1U);
  }
  restart();  // the number is on the disk
  BOOST_REQUIRE(leave(id, 1).has_value());
  BOOST_TEST(rows(Table::rendition) == 0U);
  BOOST_TEST(rows_of(keys::holders_prefix) + rows_of(keys::rendition_octets_prefix) == 0U);
}

BOOST_AUTO_TEST_CASE(a_rendition_of_an_earlier_version_has_no_number_and_goes_with_its_last_recipient) {
  const QueueId id = keep(3);
  BOOST_REQUIRE(seal(id, {0, 1}).has_value());
  std::erase_if((*disk)[Table::meta], [](const auto& row) { return row.first.starts_with(keys::holders_prefix); });
  BOOST_REQUIRE(leave(id, 0).has_value());
  BOOST_TEST(rows(Table::rendition) == 1U);
  BOOST_REQUIRE(leave(id, 1).has_value());
  BOOST_TEST(rows(Table::rendition) == 0U);
}

BOOST_AUTO_TEST_CASE(numbers_that_are_wrong_are_mended_at_the_start) {
  const QueueId id = keep(2);
  BOOST_REQUIRE(seal(id, {0, 1}).has_value());
  const std::uint64_t number = recipient(id, 0).rendition->number;
  auto& meta = (*disk)[Table::meta];
  meta[keys::holders(id, number)] = keys::big_endian(7);
  meta[keys::rendition_octets(id)] = keys::big_endian(7000);
  meta[keys::holders(id, number + 1)] = keys::big_endian(1);
  meta[keys::rendition_octets(QueueId::make(clock.now(), random))] = keys::big_endian(1);
  restart();
  BOOST_TEST(meta.at(keys::rendition_octets(id)) == keys::big_endian(6));
  BOOST_TEST(rows_of(keys::rendition_octets_prefix) == 1U);
  BOOST_REQUIRE(leave(id, 0).has_value());
  BOOST_REQUIRE(leave(id, 1).has_value());
  BOOST_TEST(rows(Table::rendition) == 0U);
  BOOST_TEST(rows_of(keys::holders_prefix) + rows_of(keys::rendition_octets_prefix) == 0U);
}

BOOST_AUTO_TEST_CASE(beyond_the_room_of_a_message_nothing_more_is_begun_until_something_is_gone) {
  open_with(100);
  const QueueId id = keep(4), other = keep(1);
  const std::string sixty(60, 's');
  BOOST_REQUIRE(seal(id, {0}, sixty).has_value());
  BOOST_TEST((seal(id, {1}, sixty).error().code == Errc::limit));
  BOOST_TEST(seal(id, {1}, "small").has_value());
  BOOST_TEST(seal(other, {0}, sixty).has_value());  // each message has its own room
  BOOST_REQUIRE(leave(id, 0).has_value());
  BOOST_TEST(seal(id, {2}, sixty).has_value());
  restart();  // with room for all
  open_with(100);
  BOOST_TEST((seal(id, {3}, sixty).error().code == Errc::limit));
}

BOOST_AUTO_TEST_CASE(what_is_being_made_takes_room_too_until_it_is_given_up) {
  open_with(100);
  const QueueId id = keep(2);
  auto making = spool->begin_rendition(id, 60).value();
  BOOST_REQUIRE(making != nullptr);
  BOOST_TEST((spool->begin_rendition(id, 60).value() == nullptr));
  making.reset();
  BOOST_TEST((spool->begin_rendition(id, 60).value() != nullptr));
}

BOOST_AUTO_TEST_CASE(one_finds_room_however_large_it_is) {
  open_with(100);
  const QueueId id = keep(2);
  const std::string large(500, 's');
  BOOST_REQUIRE(seal(id, {0}, large).has_value());
  BOOST_TEST((seal(id, {1}, large).error().code == Errc::limit));
  BOOST_REQUIRE(leave(id, 0).has_value());
  BOOST_TEST(seal(id, {1}, large).has_value());
  BOOST_TEST((spool->begin_rendition(id, 0).value() != nullptr));  // that takes its place
}

BOOST_AUTO_TEST_SUITE_END()
