// The key store's database: its form, its locks, its file.
#include <atomic>
#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "crypto/key_schema.hpp"
#include "tests/crypto/key_store_scene.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;
using postern::test::address;
using postern::test::secret;
using Scene = test::KeyStoreScene;

BOOST_FIXTURE_TEST_SUITE(key_store, Scene)

BOOST_AUTO_TEST_CASE(a_database_of_the_first_form_is_brought_up_to_date_and_keeps_its_keys) {
  add(certificate("ann@lab.example", Trust::pinned));
  store.reset();
  session()->execute("drop table key_lookup", {});
  session()->execute("drop table certificate_revocation", {});
  session()->execute("delete from key_store_migration where version > 1", {});
  store = open();
  BOOST_TEST(found("ann@lab.example").size() == 1U);
  BOOST_TEST(store->lookups(address("ann@lab.example")).value().empty());
  BOOST_TEST(store->revocations(now, 10).value().empty());
}

BOOST_AUTO_TEST_CASE(a_newer_form_is_refused) {
  session()->execute("insert into key_store_migration (version, applied) values (99, 0)", {});
  const auto opened = try_open(test::kek(7));
  BOOST_REQUIRE(!opened);
  BOOST_TEST(opened.error().code == Errc::too_new);
}

BOOST_AUTO_TEST_CASE(many_threads_add_and_find) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([this, t, &wrong] {
      for (int i = 0; i < 10; ++i) {
        const std::string who = "a" + std::to_string(t * 100 + i) + "@lab.example";
        KeyRecord key = openpgp(who, '1', Trust::found);
        key.fingerprint = std::string(36, '0') + std::to_string(1000 + t * 100 + i);
        if (!store->add(key) || store->find(address(who)).value_or(std::vector<KeyRecord>()).size() != 1 ||
            !store->refresh(now + std::chrono::seconds(i)) || !store->index()->kinds(address(who), now).any())
          ++wrong;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(store->index()->size() == 60U);
}

BOOST_AUTO_TEST_CASE(while_another_writes_who_reads_does_not_wait_and_who_writes_gives_up_in_time) {
  add(openpgp("ann@lab.example", '1', Trust::found));
  const auto other = session();
  sql::Transaction transaction(*other);
  other->execute("update key_store_state set generation = generation + 1 where id = 1", {});
  BOOST_TEST(found("ann@lab.example") == Names{"1111"});
  const auto begun = std::chrono::steady_clock::now();
  const auto added = store->add(openpgp("bob@lab.example", '2', Trust::found));
  BOOST_REQUIRE(!added);
  BOOST_TEST((added.error().code == Errc::unavailable || added.error().code == Errc::timed_out));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s));
  transaction.commit();
  BOOST_TEST(add(openpgp("bob@lab.example", '2', Trust::found)) == AddOutcome::added);
}

BOOST_AUTO_TEST_SUITE_END()

// SQLite alone

BOOST_AUTO_TEST_SUITE(key_store_file)

BOOST_AUTO_TEST_CASE(the_file_is_its_owners_alone_and_durable) {
  test::KeyRoom room;
  room.database = SqliteDatabase{room.folder.path() / "keys.db"};
  const auto store = room.open();
  const auto permissions = std::filesystem::status(room.folder.path() / "keys.db").permissions();
  BOOST_TEST((permissions == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)));
  const auto sql = room.session();
  BOOST_TEST(sql::text(sql->query("pragma journal_mode", {})[0][0]) == "wal");
  BOOST_TEST(sql::number(sql->query("pragma synchronous", {})[0][0]) == 2);
  BOOST_TEST(sql::number(sql->query("pragma secure_delete", {})[0][0]) == 1);
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_files_holds_no_private_key_in_clear) {
  test::KeyRoom room;
  room.database = SqliteDatabase{room.folder.path() / "keys.db"};
  const std::string clear = "-----BEGIN PRIVATE KEY-----MIGHAgEAMBMGByqGSM49";
  {
    const auto store = room.open();
    const KeyRecord of = room.certificate("ann@clinic.example", Trust::pinned);
    SigningIdentity identity;
    identity.fingerprint = of.fingerprint;
    identity.addresses = of.addresses;
    identity.bytes = of.bytes;
    identity.key = secret(clear);
    BOOST_REQUIRE(store->add_identity(identity));
  }
  std::string all;
  for (const auto& file : std::filesystem::directory_iterator(room.folder.path())) {
    std::ifstream in(file.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  BOOST_TEST(all.find("signing_identity") != std::string::npos);  // it is the right file that is searched
  for (const std::string_view piece : {"PRIVATE KEY", "MIGHAgEAMBMGByq", "UFJJVkFURSBLRVk"})
    BOOST_TEST(all.find(piece) == std::string::npos, piece);
}

BOOST_AUTO_TEST_CASE(what_is_no_database_says_so) {
  test::KeyRoom room;
  room.database = SqliteDatabase{room.folder.path() / "keys.db"};
  std::ofstream(room.folder.path() / "keys.db") << std::string(8192, 'x');
  const auto opened = room.try_open(test::kek(7));
  BOOST_REQUIRE(!opened);
  BOOST_TEST(opened.error().code == Errc::corrupt);
  room.database = SqliteDatabase{room.folder.path() / "nowhere" / "keys.db"};
  BOOST_TEST(room.try_open(test::kek(7)).error().code == Errc::io);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
