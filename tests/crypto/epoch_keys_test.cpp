#include "crypto/epoch_keys.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "crypto/seal.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
namespace fs = std::filesystem;

struct Keys {
  test::Folder folder;
  test::TurnedClock clock;
  test::SeededRandom random;
  Secret message_key = make_key(random);

  [[nodiscard]] Result<std::unique_ptr<EpochKeys>> open(std::uint8_t kek = 7,
                                                        EpochKeys::Access access = EpochKeys::Access::write) {
    return EpochKeys::open(folder.path(), test::kek(kek), random, std::chrono::hours(1), access);
  }
  [[nodiscard]] fs::path file(EpochNumber epoch, const char* extension = ".key") const {
    return folder.path() / (std::to_string(epoch) + extension);
  }
  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(epoch_keys, Keys)

BOOST_AUTO_TEST_CASE(an_epoch_lasts_an_hour_and_its_key_is_a_file_of_its_own) {
  const auto keys = open().value();
  const EpochNumber first = keys->current(clock.now()).value();
  clock.forward(std::chrono::minutes(59));
  BOOST_TEST(keys->current(clock.now()).value() == first);
  clock.forward(std::chrono::minutes(1));
  BOOST_TEST(keys->current(clock.now()).value() == first + 1);
  BOOST_TEST(fs::exists(file(first)));
  BOOST_TEST(fs::exists(file(first + 1)));
  BOOST_TEST((fs::status(file(first)).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
}

BOOST_AUTO_TEST_CASE(what_was_wrapped_unwraps_after_a_restart) {
  auto keys = open().value();
  const EpochNumber epoch = keys->current(clock.now()).value();
  const std::string wrapped = keys->wrap(epoch, message_key).value();
  keys = open().value();
  BOOST_TEST(keys->unwrap(epoch, wrapped).value().text() == message_key.text());
}

BOOST_AUTO_TEST_CASE(another_kek_is_refused_and_changes_nothing) {
  const EpochNumber epoch = open().value()->current(clock.now()).value();
  const std::string before = read(file(epoch));
  const auto wrong = open(8);
  BOOST_REQUIRE(!wrong);
  BOOST_TEST((wrong.error().code == Errc::corrupt));
  BOOST_TEST(read(file(epoch)) == before);
  BOOST_TEST(open().has_value());
}

BOOST_AUTO_TEST_CASE(one_damaged_key_among_good_ones_goes_aside_and_the_others_serve) {
  auto keys = open().value();
  const EpochNumber bad = keys->current(clock.now()).value();
  clock.forward(std::chrono::hours(1));
  const EpochNumber good = keys->current(clock.now()).value();
  const std::string wrapped = keys->wrap(good, message_key).value();
  write(file(bad), std::string(40, 'x'));
  keys = open().value();
  BOOST_TEST(keys->unwrap(good, wrapped).has_value());
  BOOST_TEST(keys->known() == std::vector<EpochNumber>{good}, boost::test_tools::per_element());
  BOOST_TEST(fs::exists(file(bad, ".damaged")));
  BOOST_TEST(!fs::exists(file(bad)));
}

BOOST_AUTO_TEST_CASE(a_destroyed_key_is_gone_from_memory_and_disk) {
  auto keys = open().value();
  const EpochNumber epoch = keys->current(clock.now()).value();
  const std::string wrapped = keys->wrap(epoch, message_key).value();
  BOOST_TEST(keys->destroy(epoch).has_value());
  BOOST_TEST(fs::is_empty(folder.path()));
  BOOST_TEST(!keys->unwrap(epoch, wrapped));
  BOOST_TEST(!keys->wrap(epoch, message_key));
  BOOST_TEST(keys->destroy(epoch).has_value());  // again: nothing to do
  keys = open().value();
  BOOST_TEST(!keys->unwrap(epoch, wrapped));
}

BOOST_AUTO_TEST_CASE(a_key_that_could_not_be_destroyed_is_of_no_use_and_known_until_it_is_gone) {
  const auto keys = open().value();
  const EpochNumber epoch = keys->current(clock.now()).value();
  const std::string wrapped = keys->wrap(epoch, message_key).value();
  fs::create_directory(file(epoch, ".gone"));  // in the way: the key's file cannot be renamed
  BOOST_TEST(!keys->destroy(epoch));
  BOOST_TEST(!keys->unwrap(epoch, wrapped));
  BOOST_TEST(keys->known() == std::vector<EpochNumber>{epoch}, boost::test_tools::per_element());
  fs::remove(file(epoch, ".gone"));
  BOOST_TEST(keys->destroy(epoch).has_value());
  BOOST_TEST(keys->known().empty());
  BOOST_TEST(fs::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_destroyed_key_are_overwritten_before_its_name_goes) {
  const auto keys = open().value();
  const EpochNumber epoch = keys->current(clock.now()).value();
  const fs::path other_name = folder.path() / "witness.txt";  // the same file under a name that stays
  fs::create_hard_link(file(epoch), other_name);
  const std::string before = read(other_name);
  BOOST_TEST(keys->destroy(epoch).has_value());
  BOOST_TEST(read(other_name).size() == before.size());
  BOOST_TEST(read(other_name) != before);
}

BOOST_AUTO_TEST_CASE(a_crash_in_the_midst_of_a_destruction_is_finished_at_the_next_open) {
  const EpochNumber epoch = open().value()->current(clock.now()).value();
  for (const std::string& content : {read(file(epoch)), std::string(40, 'x')}) {  // before and after the overwriting
    fs::remove(file(epoch));
    write(file(epoch, ".gone"), content);
    const auto keys = open();
    BOOST_REQUIRE(keys.has_value());
    BOOST_TEST((*keys)->known().empty());
    BOOST_TEST(!fs::exists(file(epoch, ".gone")));
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_a_crash_kept_from_being_born_is_removed) {
  write(file(5, ".new"), "half");
  BOOST_TEST(open().value()->known().empty());
  BOOST_TEST(!fs::exists(file(5, ".new")));
}

BOOST_AUTO_TEST_CASE(reading_only_changes_nothing) {
  auto keys = open().value();
  const EpochNumber epoch = keys->current(clock.now()).value();
  const std::string wrapped = keys->wrap(epoch, message_key).value();
  write(file(4, ".new"), "half");
  write(file(5, ".gone"), "half");
  write(file(6), std::string(40, 'x'));
  keys = open(7, EpochKeys::Access::read).value();
  BOOST_TEST(keys->unwrap(epoch, wrapped).has_value());
  BOOST_TEST((keys->current(clock.now()).error().code == Errc::denied));
  BOOST_TEST((keys->destroy(epoch).error().code == Errc::denied));
  for (const fs::path& path : {file(4, ".new"), file(5, ".gone"), file(6), file(epoch)})
    BOOST_TEST(fs::exists(path));
}

BOOST_AUTO_TEST_SUITE_END()
