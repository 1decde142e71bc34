// Deposits, kept and forgotten.
#include "portal/store.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "crypto/pickup_key.hpp"
#include "crypto/seal.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::portal;
using std::chrono::hours;
using std::chrono::minutes;

struct Room {
  test::Folder folder;
  test::SeededRandom random;
  test::TurnedClock clock;
  Secret kek = crypto::make_key(random);
  std::unique_ptr<Store> store = open();

  std::unique_ptr<Store> open(std::uint64_t quota = 1ULL << 30) {
    StoreOptions options{database(), folder.path() / "keys", kek};
    options.quota = quota;
    auto opened = Store::open(std::move(options), clock, random);
    BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text + ": " + opened.error().detail));
    return std::move(*opened);
  }
  crypto::Database database() const { return crypto::SqliteDatabase{folder.path() / "portal.db"}; }

  struct Link {
    std::string lookup;
    Secret secret;
  };
  struct Made {
    Deposit deposit;
    std::vector<std::string> chunks;
    std::vector<Link> links;
    std::string text;
  };
  /// A message for so many recipients, as posternd would deposit it.
  Made make(const std::string& text, unsigned recipients = 1, Duration expires = hours(24 * 30)) {
    Made made;
    made.text = text;
    Deposit& deposit = made.deposit;
    deposit.id = QueueId::make(clock.now(), random);
    deposit.tenant = "clinic";
    deposit.expires = clock.now() + expires;
    deposit.size = text.size();
    deposit.chunks = static_cast<std::uint32_t>(std::max<std::size_t>(1, (text.size() + chunk_size - 1) / chunk_size));
    const Secret content = crypto::make_key(random);
    for (std::uint32_t i = 0; i < deposit.chunks; ++i)
      made.chunks.push_back(crypto::seal_chunk(content, content_label(deposit.id, i, deposit.chunks),
                                               std::string_view(text).substr(i * chunk_size, chunk_size)));
    for (unsigned i = 0; i < recipients; ++i) {
      Link link{make_lookup(random), crypto::make_key(random)};
      deposit.pickups.push_back(make_pickup(deposit.id, link.lookup, link.secret, content,
                                            {"b" + std::to_string(i) + "@lab.example", "en"}, random));
      made.links.push_back(std::move(link));
    }
    return made;
  }
  Made kept(const std::string& text, unsigned recipients = 1, Duration expires = hours(24 * 30)) {
    Made made = make(text, recipients, expires);
    BOOST_REQUIRE(store->keep(made.deposit, made.chunks));
    return made;
  }

  /// What whoever has the link reads; or why not.
  Result<std::string> read(const Link& link) {
    const auto found = store->find(link.lookup);
    if (!found) return fail(found.error());
    const auto opened = open_pickup(found->deposit, found->pickup, link.secret);
    if (!opened) return fail(opened.error());
    std::string text;
    for (std::uint32_t i = 0; i < found->chunks; ++i) {
      const auto sealed = store->chunk(found->deposit, i);
      if (!sealed) return fail(sealed.error());
      const auto plain =
          crypto::open_chunk(opened->content.value(), content_label(found->deposit, i, found->chunks), *sealed);
      if (!plain) return fail(plain.error());
      text += *plain;
    }
    return text;
  }
};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Errc code(const auto& result) {
  BOOST_REQUIRE(!result);
  return result.error().code;
}

BOOST_FIXTURE_TEST_SUITE(deposits, Room)

BOOST_AUTO_TEST_CASE(a_message_is_read_with_its_link_and_with_no_other) {
  const Made made = kept("Subject: x\r\n\r\nbody\r\n", 2);
  const Made other = kept("another");
  BOOST_TEST(*read(made.links[0]) == made.text);
  BOOST_TEST(*read(made.links[1]) == made.text);
  BOOST_TEST(*read(other.links[0]) == "another");
  BOOST_TEST((code(read({made.links[0].lookup, made.links[1].secret})) == Errc::corrupt));
  BOOST_TEST((code(read({made.links[0].lookup, other.links[0].secret})) == Errc::corrupt));
  BOOST_TEST((code(read({make_lookup(random), made.links[0].secret})) == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(empty_and_large_messages_keep_every_octet) {
  for (const std::size_t size :
       {std::size_t(0), std::size_t(1), chunk_size - 1, chunk_size, chunk_size + 1, 3 * chunk_size})
    BOOST_TEST((*read(kept(std::string(size, 'x')).links[0]) == std::string(size, 'x')), size);
}

BOOST_AUTO_TEST_CASE(piece_by_piece_it_is_found_only_once_it_is_whole) {
  const Made made = make(std::string(2 * chunk_size + 5, 'y'));
  BOOST_REQUIRE(store->begin(made.deposit));
  BOOST_REQUIRE(store->add(made.deposit.id, 0, {made.chunks[0], made.chunks[1]}));
  BOOST_TEST((code(read(made.links[0])) == Errc::not_found));
  BOOST_TEST((code(store->finish(made.deposit.id)) == Errc::invalid));
  BOOST_TEST(!*store->is_kept(made.deposit.id));
  BOOST_REQUIRE(store->add(made.deposit.id, 2, {made.chunks[2]}));
  BOOST_REQUIRE(store->finish(made.deposit.id));
  BOOST_TEST(*store->is_kept(made.deposit.id));
  BOOST_TEST((*read(made.links[0]) == made.text));
}

BOOST_AUTO_TEST_CASE(what_broke_off_begins_anew_and_what_is_kept_stays) {
  const Made made = make(std::string(chunk_size + 5, 'y'));
  BOOST_REQUIRE(store->begin(made.deposit));
  BOOST_REQUIRE(store->add(made.deposit.id, 0, {made.chunks[0]}));
  BOOST_REQUIRE(store->keep(made.deposit, made.chunks));
  BOOST_TEST((*read(made.links[0]) == made.text));
  BOOST_TEST((code(store->keep(made.deposit, made.chunks)) == Errc::invalid));
  BOOST_TEST((*read(made.links[0]) == made.text));
}

BOOST_AUTO_TEST_CASE(it_is_there_after_a_restart) {
  const Made made = kept("text");
  store.reset();
  store = open();
  BOOST_TEST(*read(made.links[0]) == "text");
}

BOOST_AUTO_TEST_CASE(after_its_time_it_is_as_if_it_had_never_been) {
  const Made made = kept("text", 1, hours(24));
  clock.forward(hours(24) - minutes(1));
  BOOST_TEST(*read(made.links[0]) == "text");
  clock.forward(minutes(1));
  BOOST_TEST((code(read(made.links[0])) == Errc::not_found));
  BOOST_REQUIRE(store->tend());
  BOOST_TEST(store->state()->deposits == 0);
  BOOST_TEST((code(store->chunk(made.deposit.id, 0)) == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_revoked_link_opens_nothing_and_others_still_do) {
  const Made made = kept("text", 2);
  BOOST_REQUIRE(store->revoke({made.links[0].lookup, make_lookup(random)}));
  BOOST_TEST((code(read(made.links[0])) == Errc::not_found));
  BOOST_TEST(*read(made.links[1]) == "text");
  BOOST_REQUIRE(store->revoke({made.links[1].lookup}));
  BOOST_TEST(store->state()->deposits == 0);
  BOOST_TEST((code(store->chunk(made.deposit.id, 0)) == Errc::not_found));
}

/// With the KEK and every link in hand: a copy of the database from before opens nothing once the epoch's key is gone.
BOOST_AUTO_TEST_CASE(a_copy_of_the_database_opens_nothing_a_day_after_the_message_is_gone) {
  const Made gone = kept("gone", 1, hours(1));
  const Made stays = kept("stays");
  store.reset();
  const auto copy = folder.path() / "copy";
  std::filesystem::create_directory(copy);
  for (const char* file : {"portal.db", "portal.db-wal", "portal.db-shm"})
    if (std::filesystem::exists(folder.path() / file)) std::filesystem::copy(folder.path() / file, copy / file);
  store = open();
  BOOST_TEST(*read(gone.links[0]) == "gone");  // the control: what the copy holds can be opened now
  clock.forward(hours(23));
  BOOST_REQUIRE(store->tend());
  BOOST_TEST(*read(stays.links[0]) == "stays");  // wrapped anew
  store.reset();
  clock.forward(-hours(23));  // a thief sets his clock as he likes
  StoreOptions theirs{crypto::SqliteDatabase{copy / "portal.db"}, folder.path() / "keys", kek};
  theirs.rewrap_after = hours(24 * 365);
  auto stolen = Store::open(std::move(theirs), clock, random);
  BOOST_REQUIRE(stolen);
  store = std::move(*stolen);
  BOOST_TEST(!read(gone.links[0]));
  BOOST_TEST(!read(stays.links[0]));
}

BOOST_AUTO_TEST_CASE(the_database_alone_holds_no_word_of_the_message_and_no_name) {
  const std::string text = "Subject: biopsy-result\r\n\r\nA-WORD-IN-THE-BODY\r\n";
  const Made made = kept(text);
  store.reset();
  std::string bytes;
  for (const char* file : {"portal.db", "portal.db-wal"})
    bytes += bytes_of(folder.path() / file);
  BOOST_REQUIRE_NE(bytes.find(made.links[0].lookup), std::string::npos);  // it is the right file
  for (const char* word : {"biopsy", "A-WORD", "b0@lab", "lab.example"})
    BOOST_TEST(bytes.find(word) == std::string::npos, word);
}

BOOST_AUTO_TEST_CASE(what_never_became_whole_goes) {
  const Made made = make(std::string(chunk_size + 5, 'y'));
  BOOST_REQUIRE(store->begin(made.deposit));
  BOOST_REQUIRE(store->add(made.deposit.id, 0, {made.chunks[0]}));
  clock.forward(hours(3));
  BOOST_REQUIRE(store->tend());
  BOOST_TEST((code(store->add(made.deposit.id, 1, {made.chunks[1]})) != Errc::not_found));
  BOOST_TEST((code(store->finish(made.deposit.id)) == Errc::invalid));
}

BOOST_AUTO_TEST_CASE(the_quota_is_of_what_is_there_now) {
  store.reset();
  store = open(1000);
  const Made first = kept(std::string(600, 'x'));
  const Made second = make(std::string(600, 'y'));
  BOOST_TEST((code(store->keep(second.deposit, second.chunks)) == Errc::limit));
  BOOST_REQUIRE(store->revoke({first.links[0].lookup}));
  BOOST_TEST(store->keep(second.deposit, second.chunks).has_value());
}

BOOST_AUTO_TEST_CASE(what_happens_is_told_in_order_until_it_was_heard) {
  const Made made = kept("text");
  const std::string& lookup = made.links[0].lookup;
  BOOST_TEST(store->events_after(0, 10)->empty());
  BOOST_REQUIRE(store->record(EventKind::code_wrong, lookup));
  BOOST_REQUIRE(store->opened(lookup));
  clock.forward(minutes(1));
  BOOST_REQUIRE(store->opened(lookup));
  store.reset();
  store = open();
  const auto events = *store->events_after(0, 10);
  BOOST_REQUIRE_EQUAL(events.size(), 3);
  BOOST_TEST((events[0].kind == EventKind::code_wrong));
  BOOST_TEST((events[1].kind == EventKind::opened));
  BOOST_TEST((events[2].kind == EventKind::opened_again));
  BOOST_TEST(events[1].lookup == lookup);
  BOOST_TEST((events[1].at == clock.now() - minutes(1)));
  BOOST_TEST(store->find(lookup)->opened.has_value());
  BOOST_REQUIRE(store->forget_events(events[1].number));
  BOOST_TEST(store->events_after(0, 10)->size() == 1);
  BOOST_REQUIRE(store->forget_events(events[2].number));
  BOOST_REQUIRE(store->opened(lookup));
  BOOST_TEST(store->events_after(0, 10)->front().number > events[2].number);
}

BOOST_AUTO_TEST_CASE(another_kek_is_said) {
  kept("text");
  store.reset();
  const auto opened = Store::open({database(), folder.path() / "keys", crypto::make_key(random)}, clock, random);
  BOOST_TEST((code(opened) == Errc::corrupt));
}

BOOST_AUTO_TEST_CASE(what_is_extended_waits_longer_and_never_shorter) {
  const Made made = kept("x", 1, hours(1));
  BOOST_REQUIRE(store->extend(made.deposit.id, clock.now() + hours(3)));
  BOOST_REQUIRE(store->extend(made.deposit.id, clock.now() + hours(2)));
  clock.forward(hours(3) - minutes(1));
  BOOST_REQUIRE(store->tend());
  BOOST_TEST(*read(made.links[0]) == "x");
  clock.forward(minutes(2));
  BOOST_TEST((code(read(made.links[0])) == Errc::not_found));
  BOOST_REQUIRE(store->tend());
  BOOST_TEST((code(store->extend(made.deposit.id, clock.now() + hours(3))) == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_reply_waits_until_it_is_dropped_and_holds_up_what_would_make_it_unreadable) {
  const Made made = kept("a question");
  const Secret root = crypto::reply_root(made.links[0].secret);
  const Letter letter{"Re: a question", true, "Content-Type: text/plain\r\n\r\n" + std::string(chunk_size, 'x')};
  const Sealing sealing = seal_reply(root, made.links[0].lookup, letter, clock.now(), random);
  BOOST_REQUIRE(store->keep_reply(sealing));
  BOOST_TEST((store->events_after(0, 10)->back().kind == EventKind::replied));

  const auto waiting = store->waiting_replies(10);
  BOOST_REQUIRE(waiting->size() == 1U);
  BOOST_TEST((waiting->front() == sealing.reply));
  std::vector<std::string> chunks;
  for (std::uint32_t i = 0; i < waiting->front().chunks; ++i)
    chunks.push_back(*store->reply_chunk(sealing.reply.id, i));
  BOOST_TEST((*open_reply(root, waiting->front(), chunks) == letter));
  BOOST_TEST(bytes_of(folder.path() / "portal.db").find("a question") == std::string::npos);

  BOOST_TEST((code(store->revoke({made.links[0].lookup})) == Errc::unavailable));
  BOOST_TEST(*read(made.links[0]) == made.text);
  BOOST_REQUIRE(store->drop_reply(sealing.reply.id));
  BOOST_TEST(store->waiting_replies(10)->empty());
  BOOST_TEST((code(store->reply_chunk(sealing.reply.id, 0)) == Errc::not_found));
  BOOST_REQUIRE(store->revoke({made.links[0].lookup}));
  BOOST_TEST((code(store->keep_reply(sealing)) == Errc::not_found));
  BOOST_TEST(store->waiting_replies(10)->empty());
}

BOOST_AUTO_TEST_CASE(a_reply_is_opened_by_its_own_link_alone_and_whole) {
  const Made made = kept("a question", 2);
  const Letter letter{"Re", false, std::string(2 * chunk_size, 'x')};
  const Sealing sealing =
      seal_reply(crypto::reply_root(made.links[0].secret), made.links[0].lookup, letter, clock.now(), random);
  BOOST_TEST(
      (code(open_reply(crypto::reply_root(made.links[1].secret), sealing.reply, sealing.chunks)) == Errc::corrupt));
  std::vector<std::string> fewer = sealing.chunks;
  fewer.pop_back();
  SealedReply shorter = sealing.reply;
  shorter.chunks = static_cast<std::uint32_t>(fewer.size());
  const Secret root = crypto::reply_root(made.links[0].secret);
  BOOST_TEST((code(open_reply(root, sealing.reply, fewer)) == Errc::corrupt));
  BOOST_TEST((code(open_reply(root, shorter, fewer)) == Errc::corrupt));
}

BOOST_AUTO_TEST_CASE(replies_count_towards_the_quota_until_they_are_dropped) {
  store = open(1000);
  const Made made = kept(std::string(500, 'x'));
  const Secret root = crypto::reply_root(made.links[0].secret);
  const auto reply = [&] {
    return seal_reply(root, made.links[0].lookup, {"Re", false, std::string(400, 'y')}, clock.now(), random);
  };
  const Sealing first = reply();
  BOOST_REQUIRE(store->keep_reply(first));
  BOOST_TEST((code(store->keep_reply(reply())) == Errc::limit));
  BOOST_REQUIRE(store->drop_reply(first.reply.id));
  BOOST_TEST(store->keep_reply(reply()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
