// Agreement by X25519, and boxes.
#include "crypto/x25519.hpp"

#include <algorithm>

#include <boost/algorithm/hex.hpp>
#include <boost/test/unit_test.hpp>

#include "base/hex.hpp"
#include "crypto/seal.hpp"
#include "crypto/sealed_box.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

std::string octets_of(const std::string& hex) {
  return boost::algorithm::unhex(hex);
}
Secret secret_of(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

BOOST_AUTO_TEST_SUITE(x25519)

/// RFC 7748 §6.1: Bob's half, and Alice's open one.
BOOST_AUTO_TEST_CASE(agrees_on_what_the_rfc_says) {
  const Secret bob = secret_of(octets_of("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  const auto agreed = agree_x25519(bob, octets_of("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  BOOST_REQUIRE(agreed);
  BOOST_TEST(format_hex(agreed->text()) == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

BOOST_AUTO_TEST_CASE(pairs_that_are_made_agree) {
  test::SeededRandom random;
  const X25519Pair one = make_x25519_pair(random), two = make_x25519_pair(random);
  BOOST_TEST(agree_x25519(one.secret, two.open)->text() == agree_x25519(two.secret, one.open)->text());
  BOOST_TEST(agree_x25519(one.secret, one.open)->text() != agree_x25519(two.secret, one.open)->text());
}

/// RFC 7748 §6.1: with these everybody agrees on zeros.
BOOST_AUTO_TEST_CASE(no_secret_is_agreed_on_with_what_is_no_half) {
  test::SeededRandom random;
  const X25519Pair one = make_x25519_pair(random);
  for (const std::string& bad : {std::string(), std::string(31, 'x'), std::string(33, 'x'), std::string(32, '\0'),
                                 "\x01" + std::string(31, '\0')})
    BOOST_TEST(!agree_x25519(one.secret, bad));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(boxes)

BOOST_AUTO_TEST_CASE(open_for_their_own_key_and_purpose_alone) {
  test::SeededRandom random;
  const Secret key = make_key(random);
  const std::string box = seal_box(key, "one", "what is in it", random);
  BOOST_TEST(open_box(key, "one", box)->text() == "what is in it");
  BOOST_TEST(!open_box(key, "two", box));
  BOOST_TEST(!open_box(make_key(random), "one", box));
  for (std::size_t i = 0; i < box.size(); ++i) {
    std::string changed = box;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    BOOST_TEST(!open_box(key, "one", changed));
  }
  for (std::size_t size = 0; size < box.size(); ++size)
    BOOST_TEST(!open_box(key, "one", box.substr(0, size)));
}

/// Sealed twice: under two keys, for one nonce.
BOOST_AUTO_TEST_CASE(of_one_thing_are_never_the_same) {
  test::SeededRandom random;
  const Secret key = make_key(random);
  const std::string one = seal_box(key, "one", "what is in it", random),
                    two = seal_box(key, "one", "what is in it", random);
  BOOST_TEST(one.substr(16) != two.substr(16));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
