#include "crypto/of_generation.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern::crypto;
using Known = OfGeneration<std::string>;

BOOST_AUTO_TEST_SUITE(of_generation)

BOOST_AUTO_TEST_CASE(what_was_kept_is_found_until_the_generation_moves) {
  Known known(100);
  BOOST_TEST(known.find(1, "ann") == nullptr);
  BOOST_TEST(*known.keep(1, "ann", "a key", 10) == "a key");
  BOOST_TEST(*known.find(1, "ann") == "a key");
  BOOST_TEST(known.find(2, "ann") == nullptr);
  BOOST_TEST(known.find(1, "ann") == nullptr);  // a database that was put back is another one
}

BOOST_AUTO_TEST_CASE(what_was_read_before_a_change_is_given_and_not_kept) {
  Known known(100);
  BOOST_TEST(known.find(1, "ann") == nullptr);
  BOOST_TEST(known.find(2, "bob") == nullptr);  // by another thread, while the first one reads
  BOOST_TEST(*known.keep(1, "ann", "an old key", 10) == "an old key");
  BOOST_TEST(known.find(2, "ann") == nullptr);
}

BOOST_AUTO_TEST_CASE(it_takes_no_more_room_than_was_said) {
  Known known(100);
  BOOST_TEST(known.find(1, "ann") == nullptr);
  known.keep(1, "ann", "1", 60);
  known.keep(1, "bob", "2", 60);
  BOOST_TEST(known.find(1, "ann") == nullptr);
  BOOST_TEST(*known.find(1, "bob") == "2");
  BOOST_TEST(*known.keep(1, "eve", "too large", 101) == "too large");
  BOOST_TEST(known.find(1, "eve") == nullptr);
  BOOST_TEST(*known.find(1, "bob") == "2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
