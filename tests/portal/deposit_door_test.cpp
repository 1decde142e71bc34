// What posternd says on the deposit socket, and what it hears.
#include "portal/deposit_door.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/folder.hpp"
#include "tests/support/run.hpp"
#include "tests/support/spool_room.hpp"
#include "tests/support/streams.hpp"

namespace {

using namespace postern;
using namespace postern::portal;

struct Scene {
  test::Folder folder;
  test::SeededRandom random;
  test::TurnedClock clock;
  std::unique_ptr<Store> store = *Store::open(
      {crypto::SqliteDatabase{folder.path() / "portal.db"}, folder.path() / "keys", crypto::make_key(random)}, clock,
      random);
  Happenings happenings;
  net::Pool pool{"portal", 1, 100};
  DepositDoor door{*store, happenings, pool, clock};

  Deposit deposit(std::uint64_t size) {
    Deposit made;
    made.id = QueueId::make(clock.now(), random);
    made.tenant = "clinic";
    made.expires = clock.now() + std::chrono::hours(24);
    made.size = size;
    made.chunks = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (size + chunk_size - 1) / chunk_size));
    made.pickups = {make_pickup(made.id, make_lookup(random), crypto::make_key(random), crypto::make_key(random),
                                {"b@lab.example", "en"}, random)};
    return made;
  }

  /// All answers to these requests, said in one go and arriving in pieces.
  std::vector<Answer> say(const std::vector<Request>& requests) {
    std::string said;
    for (const Request& request : requests)
      said += format_frame(request);
    return say(said);
  }
  std::vector<Answer> say(const std::string& octets) {
    test::MemoryStream stream(octets, 1000);
    test::run(door.serve(stream));
    std::vector<Answer> answers;
    std::string_view out = stream.out;
    while (!out.empty()) {
      std::size_t size = 0;
      for (int i = 0; i < 4; ++i)
        size = size << 8 | static_cast<unsigned char>(out[static_cast<std::size_t>(i)]);
      answers.push_back(parse_answer(out.substr(4, size)).value());
      out.remove_prefix(4 + size);
    }
    return answers;
  }
};

std::vector<Request> whole(const Deposit& deposit) {
  std::vector<Request> requests = {Begin{deposit}};
  for (std::uint32_t i = 0; i < deposit.chunks; ++i)
    requests.emplace_back(Chunk{"sealed chunk " + std::to_string(i)});
  requests.emplace_back(Keep{});
  return requests;
}

template <class T>
bool is(const Answer& answer) {
  return std::holds_alternative<T>(answer);
}

BOOST_FIXTURE_TEST_SUITE(deposit_door, Scene)

BOOST_AUTO_TEST_CASE(a_deposit_is_kept_and_then_known) {
  for (const std::uint64_t size :
       {std::uint64_t(5), std::uint64_t(4 * chunk_size), std::uint64_t(9 * chunk_size + 1)}) {
    const Deposit made = deposit(size);
    const auto answers = say(whole(made));
    BOOST_REQUIRE_EQUAL(answers.size(), 2);
    BOOST_TEST(is<Ready>(answers[0]));
    BOOST_TEST(is<Kept>(answers[1]));
    BOOST_TEST(store->find(made.pickups[0].lookup)->chunks == made.chunks);
    BOOST_TEST(*store->chunk(made.id, made.chunks - 1) == "sealed chunk " + std::to_string(made.chunks - 1));
    const auto again = say({Begin{made}});
    BOOST_REQUIRE_EQUAL(again.size(), 1);
    BOOST_TEST(is<Known>(again[0]));
  }
}

BOOST_AUTO_TEST_CASE(one_that_breaks_off_is_not_there_and_may_come_again) {
  for (const std::uint64_t size : {std::uint64_t(5), std::uint64_t(9 * chunk_size)}) {
    const Deposit made = deposit(size);
    auto requests = whole(made);
    requests.pop_back();
    (void)say(requests);
    BOOST_TEST(!store->find(made.pickups[0].lookup));
    BOOST_TEST(is<Kept>(say(whole(made)).back()));
  }
}

BOOST_AUTO_TEST_CASE(one_that_lacks_a_chunk_or_has_one_too_many_is_refused) {
  for (const std::uint64_t size : {std::uint64_t(3 * chunk_size), std::uint64_t(9 * chunk_size)}) {
    auto fewer = whole(deposit(size));
    fewer.erase(fewer.begin() + 1);
    BOOST_TEST(is<Refused>(say(fewer).back()));
    auto more = whole(deposit(size));
    more.insert(more.begin() + 1, Chunk{"x"});
    BOOST_TEST(is<Refused>(say(more).back()));
  }
  BOOST_TEST(is<Refused>(say({Keep{}}).back()));
}

BOOST_AUTO_TEST_CASE(what_is_no_frame_ends_the_connection) {
  BOOST_CHECK_THROW(say(std::string("\xff\xff\xff\xff", 4)), net::Broken);
  BOOST_CHECK_THROW(say(std::string("\0\0\0\1\x63", 5)), net::Broken);
  BOOST_TEST(say(std::string("\0\0\0\5ab", 6)).empty());
}

BOOST_AUTO_TEST_CASE(what_happened_is_collected_and_what_was_seen_is_forgotten) {
  const Deposit made = deposit(5);
  const std::string& lookup = made.pickups[0].lookup;
  (void)say(whole(made));
  BOOST_TEST(std::get<Happened>(say({Collect{}}).front()).events.empty());
  BOOST_REQUIRE(happenings.want_code(lookup, "123456", clock.now()));
  BOOST_REQUIRE(store->opened(lookup));
  const auto first = std::get<Happened>(say({Collect{}}).front()).events;
  BOOST_REQUIRE_EQUAL(first.size(), 2);
  BOOST_TEST((first[0].kind == EventKind::opened));
  BOOST_TEST(first[1].code == "123456");
  const auto again = std::get<Happened>(say({Collect{}}).front()).events;  // the code is not told twice, the event is
  BOOST_REQUIRE_EQUAL(again.size(), 1);
  BOOST_TEST((again[0] == first[0]));
  BOOST_TEST(std::get<Happened>(say({Collect{first[0].number, {}}}).front()).events.empty());
  BOOST_TEST(store->events_after(0, 10)->empty());
}

BOOST_AUTO_TEST_CASE(a_code_that_nobody_collected_in_its_time_is_told_to_nobody) {
  BOOST_REQUIRE(happenings.want_code(make_lookup(random), "123456", clock.now()));
  clock.forward(std::chrono::minutes(10));
  BOOST_TEST(std::get<Happened>(say({Collect{}}).front()).events.empty());
}

/// A posternd that was killed hangs up without a word: the code is the next one's.
BOOST_AUTO_TEST_CASE(whoever_collects_last_is_told) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<Answer> old;
  std::thread gone([&] { old = say({Collect{0, std::chrono::seconds(50)}}); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  std::vector<Answer> next;
  std::thread there([&] { next = say({Collect{0, std::chrono::seconds(50)}}); });
  gone.join();
  BOOST_REQUIRE(happenings.want_code(make_lookup(random), "123456", clock.now()));
  there.join();
  BOOST_TEST(is<Refused>(old.front()));
  BOOST_TEST(std::get<Happened>(next.front()).events.size() == 1);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(25)));
}

BOOST_AUTO_TEST_CASE(revoked_is_revoked) {
  const Deposit made = deposit(5);
  (void)say(whole(made));
  BOOST_TEST(std::get<State>(say({Status{}}).front()).deposits == 1);
  BOOST_TEST(is<Kept>(say({Revoke{{made.pickups[0].lookup}}}).front()));
  BOOST_TEST(!store->find(made.pickups[0].lookup));
  BOOST_TEST(std::get<State>(say({Status{}}).front()).deposits == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
