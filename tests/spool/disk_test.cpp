// The spool on a real disk: kill -9, damaged WALs, other versions, other processes, other KEKs, and no plain
// text anywhere.
#include <fstream>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <rocksdb/db.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spool/keys.hpp"
#include "spool/rocks_store.hpp"
#include "spool/spool.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::spool;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Real {
  test::Folder folder;
  test::TurnedClock clock;
  SystemRandom random;

  [[nodiscard]] Result<std::unique_ptr<Spool>> open(std::uint8_t kek = 7) {
    SpoolOptions options = test::options_in(folder.path());
    options.kek = test::kek(kek);
    return Spool::open(std::move(options), clock, random);
  }
  QueueId keep(Spool& spool, const std::string& body = "text") {
    clock.forward(1ms);
    return test::keep(spool, clock, random, body, 1, Queued{clock.now()}).value();
  }
  [[nodiscard]] fs::path db() const { return folder.path() / "db"; }
  void set_format(const std::string& version) const {
    Batch batch;
    batch.put(Table::meta, keys::format, version);
    BOOST_REQUIRE(open_rocks_store(db()).value()->write({&batch}, true));
  }
  [[nodiscard]] fs::path newest_wal() const {
    fs::path newest;
    for (const auto& entry : fs::directory_iterator(db())) {
      if (entry.path().extension() == ".log" && entry.path().filename() > newest.filename()) newest = entry.path();
    }
    return newest;
  }
  [[nodiscard]] std::vector<fs::path> kept_wals() const {
    std::vector<fs::path> kept;
    for (const auto& entry : fs::directory_iterator(db())) {
      if (entry.path().filename().string().starts_with("wal-damaged-")) kept.push_back(entry.path());
    }
    return kept;
  }
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void flip_byte(const fs::path& path, std::size_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

/// What a message with this id must hold; some are of several chunks.
std::string body_for(const QueueId& id) {
  std::string body;
  const std::size_t repeats = id.str().back() == '0' ? 30'000 : 100;
  for (std::size_t i = 0; i < repeats; ++i)
    body += id.str();
  return body;
}

// Not under ThreadSanitizer: with clang 19 on Linux 6.18 its own runtime breaks down in the threads of a forked child.
#if !__has_feature(thread_sanitizer)
/// Reports 'K' + id after each ok to a commit and 'G' + id after each ok to its last settle, until it is
/// killed.
[[noreturn]] void keep_until_killed(const fs::path& dir, int report) {
  static const SystemClock clock;
  static SystemRandom random;
  const auto spool = Spool::open(test::options_in(dir), clock, random);
  if (!spool) ::_exit(1);
  const auto say = [report](char what, const QueueId& id) {
    const std::string line = what + id.str();
    if (::write(report, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(1);
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (unsigned i = 0;; ++i) {
        const QueueId id = QueueId::make(clock.now(), random);
        auto incoming = (*spool)->begin(id).value();
        if (!incoming->append(body_for(id)) || !incoming->finish()) ::_exit(1);
        const auto kept = test::wait_for([&](Done done) {
          (*spool)->commit(std::move(incoming), test::message_record(id, clock.now(), 1),
                           {test::recipient_record(0, Queued{clock.now()})}, {"accepted"}, {}, std::move(done));
        });
        if (!kept) ::_exit(1);
        say('K', id);
        if (i % 3 == 0 && test::settle(**spool, id, {{0, {}}})) say('G', id);
      }
    });
  }
  for (;;)
    ::pause();
}
#endif

}  // namespace

BOOST_FIXTURE_TEST_SUITE(on_disk, Real)

#if !__has_feature(thread_sanitizer)
BOOST_AUTO_TEST_CASE(what_was_answered_ok_survives_kill_9) {
  std::set<std::string> kept, gone;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      keep_until_killed(folder.path(), ends[1]);
    }
    ::close(ends[1]);
    std::this_thread::sleep_for(500ms);
    std::string said;
    std::thread reader([&] {
      char buffer[4096];
      for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        said.append(buffer, static_cast<std::size_t>(got));
    });
    std::this_thread::sleep_for(200ms);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    reader.join();
    ::close(ends[0]);
    BOOST_REQUIRE(WIFSIGNALED(status));
    for (std::size_t at = 0; at + 27 <= said.size(); at += 27) {
      (said[at] == 'K' ? kept : gone).insert(said.substr(at + 1, 26));
    }
    BOOST_REQUIRE(kept.size() > 10U * (static_cast<unsigned>(round) + 1U));

    const SystemClock now;
    const auto spool = Spool::open(test::options_in(folder.path()), now, random);
    BOOST_REQUIRE(spool.has_value());
    BOOST_TEST(!(*spool)->recovery().tail_lost);
    BOOST_TEST((*spool)->recovery().set_aside == 0U);
    int unreported_settles = 4;
    for (const std::string& text : kept) {
      const QueueId id = QueueId::parse(text).value();
      const auto body = test::body_of(**spool, id);
      if (!body && !gone.contains(text) && unreported_settles > 0) {
        // Settled, but killed before it could say so: each of the threads can have one.
        BOOST_TEST((body.error().code == Errc::not_found));
        --unreported_settles;
        gone.insert(text);
      }
      BOOST_REQUIRE(body.has_value() == !gone.contains(text));
      if (body) BOOST_REQUIRE((*body == body_for(id)));
    }
    for (const StoredMessage& stored : (*spool)->list({}, 1'000'000).value()) {  // the unreported ones are whole
      BOOST_REQUIRE(test::body_of(**spool, stored.message.envelope.id).has_value());
    }
  }
}
#endif

BOOST_AUTO_TEST_CASE(a_changed_byte_in_the_newest_wal_is_an_alarm_and_the_wal_stays) {
  auto spool = open().value();
  std::vector<QueueId> ids;
  for (int i = 0; i < 10; ++i)
    ids.push_back(keep(*spool, std::string(1000, 'x')));
  spool.reset();
  const fs::path wal = newest_wal();
  flip_byte(wal, fs::file_size(wal) / 2);
  const std::string damaged = read_file(wal);

  spool = open().value();
  BOOST_TEST(spool->recovery().tail_lost);
  BOOST_TEST(spool->recovery().note.find("2025-11-24T16:00:00") != std::string::npos);
  BOOST_TEST(test::body_of(*spool, ids.front()).has_value());
  BOOST_TEST((spool->load(ids.back()).error().code == Errc::not_found));
  BOOST_REQUIRE(kept_wals().size() == 1U);
  BOOST_TEST((read_file(kept_wals()[0] / wal.filename()) == damaged));

  keep(*spool);
  spool.reset();
  spool = open().value();  // told once, and the evidence outlives the next start
  BOOST_TEST(!spool->recovery().tail_lost);
  BOOST_TEST(kept_wals().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_truncated_wal_is_an_alarm_and_orphans_stay_for_salvage) {
  auto spool = open().value();
  const QueueId first = keep(*spool);
  const QueueId last = keep(*spool, std::string(2 * chunk_size, 'x'));
  spool.reset();
  const fs::path wal = newest_wal();
  fs::resize_file(wal, fs::file_size(wal) - 100);  // into the commit record, behind the first chunk
  spool = open().value();
  BOOST_TEST(spool->recovery().tail_lost);
  BOOST_TEST(spool->recovery().orphans_erased == 0U);
  BOOST_TEST(test::body_of(*spool, first).has_value());
  BOOST_TEST((spool->load(last).error().code == Errc::not_found));
  spool.reset();
  spool = open().value();
  BOOST_TEST(spool->recovery().orphans_erased == 1U);
}

BOOST_AUTO_TEST_CASE(a_damaged_wal_does_not_keep_a_spool_shut_that_has_been_written_out_to_tables) {
  auto spool = open().value();
  const QueueId first = keep(*spool);
  for (int i = 0; i < 400; ++i)
    keep(*spool, std::string(chunk_size - 1, 'x'));  // three times the body's write buffer
  spool.reset();
  fs::path oldest = newest_wal();
  for (const auto& entry : fs::directory_iterator(db())) {
    if (entry.path().extension() == ".log" && entry.path().filename() < oldest.filename()) oldest = entry.path();
  }
  flip_byte(oldest, fs::file_size(oldest) / 2);
  const auto opened = open();
  BOOST_REQUIRE(opened.has_value());
  BOOST_TEST((*opened)->recovery().tail_lost);
  BOOST_TEST(test::body_of(**opened, first).value() == "text");
}

BOOST_AUTO_TEST_CASE(a_clean_stop_raises_no_alarm_and_leaves_no_copy_of_wals) {
  for (int i = 0; i < 3; ++i) {
    const auto spool = open().value();
    BOOST_TEST(!spool->recovery().tail_lost);
    BOOST_TEST(spool->recovery().note.empty());
    BOOST_TEST(!fs::exists(db() / "wal-before"));
    keep(*spool, std::string(3 * chunk_size, 'x'));
  }
}

BOOST_AUTO_TEST_CASE(an_older_format_is_read_and_is_from_then_on_closed_to_its_own_version) {
  for (std::uint64_t older = 1; older < record_version; ++older) {
    open().value().reset();
    set_format(std::to_string(older));
    open().value().reset();
    BOOST_TEST(open_rocks_store(db()).value()->get(Table::meta, keys::format).value().value() ==
               std::to_string(record_version));
  }
}

BOOST_AUTO_TEST_CASE(a_newer_format_is_refused_and_left_alone) {
  open().value().reset();
  set_format(std::to_string(record_version + 1));
  const auto opened = open();
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.error().code == Errc::too_new));
  BOOST_TEST(opened.error().text.find("newer version") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_table_that_only_a_newer_version_knows_is_refused_with_the_same_words) {
  open().value().reset();
  {
    std::vector<std::string> names;
    BOOST_REQUIRE(rocksdb::DB::ListColumnFamilies({}, db().string(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names)
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* raw = nullptr;
    BOOST_REQUIRE(rocksdb::DB::Open({}, db().string(), families, &handles, &raw).ok());
    const std::unique_ptr<rocksdb::DB> newer(raw);
    rocksdb::ColumnFamilyHandle* added = nullptr;
    BOOST_REQUIRE(newer->CreateColumnFamily({}, "renditions", &added).ok());
    handles.push_back(added);
    for (rocksdb::ColumnFamilyHandle* handle : handles)
      newer->DestroyColumnFamilyHandle(handle);
  }
  const auto opened = open();
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.error().code == Errc::too_new));
  BOOST_TEST(opened.error().text.find("newer version") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_spool_that_another_process_has_is_unavailable_and_left_alone) {
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto spool = open();
    const char answer = spool ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    for (;;)
      ::pause();
  }
  char answer = 'n';
  BOOST_TEST(::read(ready[0], &answer, 1) == 1);
  BOOST_TEST(answer == 'y');
  const auto second = open();
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (const int fd : ready)
    ::close(fd);
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == Errc::unavailable));
  BOOST_TEST(second.error().text.find("another process") != std::string::npos);
  BOOST_TEST(!fs::exists(db() / "wal-before"));
  BOOST_TEST(open().has_value());  // its lock went with it
}

BOOST_AUTO_TEST_CASE(another_kek_is_refused_in_clear_words_and_the_right_one_still_opens) {
  QueueId id;
  {
    const auto spool = open().value();
    id = keep(*spool);
  }
  const auto wrong = open(8);
  BOOST_REQUIRE(!wrong);
  BOOST_TEST((wrong.error().code == Errc::denied));
  BOOST_TEST(wrong.error().text.find("KEK") != std::string::npos);
  BOOST_TEST(test::body_of(*open().value(), id).value() == "text");
}

BOOST_AUTO_TEST_CASE(reading_only_sees_everything_and_changes_nothing) {
  QueueId id;
  {
    const auto spool = open().value();
    id = keep(*spool);
  }
  const auto look = open_read_only(test::options_in(folder.path()), clock, random).value();
  BOOST_TEST(look->counts().queued == 1U);
  BOOST_TEST(look->list({}, 10).value().size() == 1U);
  BOOST_TEST(test::body_of(*look, id).value() == "text");
  const auto denied = [](const Result<void>& r) { return !r && r.error().code == Errc::denied; };
  BOOST_TEST((look->begin(QueueId::make(clock.now(), random)).error().code == Errc::denied));
  BOOST_TEST(denied(test::settle(*look, id, {{0, {}}})));
  BOOST_TEST(denied(test::attempting(*look, id, {0})));
  BOOST_TEST(denied(look->move_cursor("file", 1)));
  BOOST_TEST(denied(look->tend()));
  look->on_change([] {});
}

BOOST_AUTO_TEST_CASE(nothing_of_the_content_is_readable_anywhere_in_the_folder) {
  const std::string marker = "Marker7Q", address = "r0@there.example";
  const std::string head = "Subject: " + marker + "\r\nTo: \"" + marker + "\" <" + address + ">\r\n\r\n";
  {
    const auto spool = open().value();
    std::string large = head;
    while (large.size() < 3 * chunk_size)
      large += marker + "\r\n";
    for (const std::string& body : {head, large}) {
      test::keep(*spool, clock, random, body, 1, Queued{clock.now()}, {"event"}, "facts " + marker).value();
    }
    const auto dropped = spool->begin(QueueId::make(clock.now(), random)).value();
    BOOST_REQUIRE(dropped->append(large));
    const auto settled = keep(*spool, large);
    BOOST_REQUIRE(test::settle(*spool, settled, {{0, {}}}));
  }
  std::size_t files = 0;
  bool address_seen = false;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string bytes = read_file(entry.path());
    BOOST_TEST(bytes.find(marker) == std::string::npos, entry.path().string());
    address_seen = address_seen || bytes.find("there.example") != std::string::npos;
  }
  BOOST_TEST(files > 5U);
  BOOST_TEST(address_seen);  // or the search sees nothing at all
}

BOOST_AUTO_TEST_SUITE_END()
