// Deleted mail, with the disk and the KEK in hand. Whoever copies the whole spool folder 24 hours after a message left
// can do what he likes with every byte of it: the message does not open. He is given more than he would have: the KEK,
// the ids and the lengths of the messages, and he tries every offset of every file for every kind of key, so that it
// does not matter where a log, a table or a forgotten file has kept something.
#include <fstream>
#include <set>

#include <boost/test/unit_test.hpp>

#include "crypto/seal.hpp"
#include "spool/body.hpp"
#include "spool/spool.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t wrapped_size = crypto::key_size + 8;  // RFC 3394

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> files_of(const fs::path& dir) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file()) files.push_back(bytes_of(entry.path()));
  }
  return files;
}

/// No key or sealed chunk: 40 random octets are all printable once in 10^17 times.
bool is_text(std::string_view window) {
  return std::ranges::all_of(window, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

/// Calls `look` with each window of `size` octets of each file.
template <class Look>
void at_every_offset(const std::vector<std::string>& files, std::size_t size, Look look) {
  for (const std::string& file : files) {
    for (std::size_t at = 0; at + size <= file.size(); ++at) {
      const std::string_view window = std::string_view(file).substr(at, size);
      if (!is_text(window)) look(window);
    }
  }
}

/// Everything that one of `keys` unwraps, wherever it lies.
std::vector<Secret> unwrapped_by(const std::vector<Secret>& keys, const std::vector<std::string>& files) {
  std::vector<Secret> found;
  std::set<std::string, std::less<>> seen;
  at_every_offset(files, wrapped_size, [&](std::string_view window) {
    for (const Secret& key : keys) {
      auto opened = crypto::unwrap_key(key, window);
      if (opened && seen.emplace(opened->text()).second) found.push_back(std::move(*opened));
    }
  });
  return found;
}

struct Loot {
  std::string text, sealed;
};

/// The whole attack on one message of `length` octets in a copy of the spool's folder.
std::optional<Loot> dig_out(const fs::path& copy, const QueueId& id, std::size_t length) {
  const std::vector<std::string> files = files_of(copy);
  std::vector<Secret> kek;
  kek.push_back(test::kek());
  const std::vector<Secret> epoch_keys = unwrapped_by(kek, files);
  const std::vector<Secret> message_keys = unwrapped_by(epoch_keys, files);
  std::optional<Loot> loot;
  at_every_offset(files, length + crypto::seal_overhead, [&](std::string_view window) {
    for (const Secret& key : message_keys) {
      if (auto text = crypto::open_chunk(key, {id, body_stream, 0, true}, window)) loot = {*text, std::string(window)};
    }
  });
  return loot;
}

bool holds(const fs::path& copy, const std::string& bytes) {
  return std::ranges::any_of(files_of(copy), [&](const std::string& file) { return file.contains(bytes); });
}

struct Shredding {
  test::Folder folder, copies;
  test::TurnedClock clock;
  SystemRandom random;
  std::unique_ptr<Spool> spool = open(folder.path());

  std::unique_ptr<Spool> open(const fs::path& dir) { return Spool::open(test::options_in(dir), clock, random).value(); }
  QueueId keep(const std::string& text, const RecipientState& state) {
    clock.forward(1ms);
    return test::keep(*spool, clock, random, text, 1, state).value();
  }
  /// What somebody who gets at the disk at this moment has.
  fs::path copy(const char* name) {
    fs::copy(folder.path(), copies.path() / name, fs::copy_options::recursive);
    return copies.path() / name;
  }
  void a_day_goes_by() {
    for (int hour = 0; hour < 24; ++hour) {
      clock.forward(1h);
      BOOST_REQUIRE(spool->tend());
    }
  }
};

const std::string secret = "the text of a message that has left";
const std::string waiting = "the text of a message that still waits here";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shredding, Shredding)

BOOST_AUTO_TEST_CASE(a_day_after_a_message_left_no_copy_of_the_disk_opens_it_with_the_kek_in_hand) {
  for (const bool in_a_table : {false, true}) {  // or in the log that is written now
    const QueueId left = keep(secret, Queued{clock.now()});
    const QueueId held = keep(waiting, Held{mail::HoldReason::quarantine, {}, clock.now() + 2400h, false});
    const std::uint64_t epoch = spool->load(left).value().message.epoch;
    const std::string key_file = std::to_string(epoch) + ".key";
    if (in_a_table) {  // recovery writes its log out into tables
      spool.reset();
      spool = open(folder.path());
    }
    const fs::path before = copy(in_a_table ? "before-table" : "before-log");
    BOOST_REQUIRE(test::settle(*spool, left, {{0, {}}}));
    a_day_goes_by();
    const fs::path after = copy(in_a_table ? "after-table" : "after-log");

    const auto loot = dig_out(before, left, secret.size());
    BOOST_REQUIRE(loot.has_value());  // the attack works: it opens what was not yet shredded
    BOOST_TEST(loot->text == secret);
    BOOST_TEST(holds(after, loot->sealed));  // its octets are there still, so it is the keys that matter
    BOOST_TEST(!dig_out(after, left, secret.size()).has_value());
    BOOST_TEST(!fs::exists(after / "keys" / key_file));
    BOOST_TEST(!fs::exists(after / "keys" / (std::to_string(epoch) + ".gone")));

    // The older one that waits was wrapped anew: it opens, for who holds the KEK and for ourselves.
    BOOST_TEST(spool->load(held).value().message.epoch > epoch);
    BOOST_TEST(dig_out(after, held, waiting.size()).value_or(Loot{}).text == waiting);
    BOOST_TEST(test::body_of(*open(after), held).value() == waiting);
    BOOST_TEST(test::body_of(*spool, held).value() == waiting);
  }
}

BOOST_AUTO_TEST_CASE(the_bytes_of_its_key_are_overwritten_and_not_only_unlinked) {
  const QueueId left = keep(secret, Queued{clock.now()});
  const std::uint64_t epoch = spool->load(left).value().message.epoch;
  const fs::path key_file = folder.path() / "keys" / (std::to_string(epoch) + ".key");
  const fs::path witness = copies.path() / "witness";  // the same sectors under a name that stays
  fs::create_hard_link(key_file, witness);
  const std::string wrapped = bytes_of(witness);
  BOOST_TEST(crypto::unwrap_key(test::kek(), wrapped).has_value());
  BOOST_REQUIRE(test::settle(*spool, left, {{0, {}}}));
  a_day_goes_by();
  BOOST_TEST(bytes_of(witness).size() == wrapped.size());
  BOOST_TEST(!crypto::unwrap_key(test::kek(), bytes_of(witness)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
