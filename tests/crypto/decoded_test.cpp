#include "crypto/decoded.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using namespace postern::crypto;

struct Counting {
  Decoded<std::string> decoded{2};
  unsigned times = 0;
  Result<std::string> get(const std::string& from) {
    return decoded.get(from, [&]() -> Result<std::string> {
      ++times;
      if (from == "bad") return fail(Errc::corrupt, "cannot be decoded");
      return "<" + from + ">";
    });
  }
};

BOOST_FIXTURE_TEST_SUITE(decoded_once, Counting)

BOOST_AUTO_TEST_CASE(the_same_octets_are_decoded_once_and_others_for_themselves) {
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(*get("a") == "<a>");
  BOOST_TEST(*get("b") == "<b>");
  BOOST_TEST(times == 2U);
}

BOOST_AUTO_TEST_CASE(no_more_are_kept_than_was_said) {
  for (const char* one : {"a", "b", "c", "a"})
    (void)get(one);
  BOOST_TEST(times == 4U);
}

BOOST_AUTO_TEST_CASE(an_error_is_not_kept) {
  BOOST_TEST((get("bad").error().code == Errc::corrupt));
  BOOST_TEST(!get("bad"));
  BOOST_TEST(times == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
