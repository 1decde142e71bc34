#include "crypto/argon2.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using namespace postern::crypto;

Secret secret(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::string hex(const Secret& key) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : key.bytes())
    out += {digits[byte >> 4], digits[byte & 15]};
  return out;
}

BOOST_AUTO_TEST_SUITE(argon2)

/// The parameters of RFC 9106 §5.3 without its secret and associated data, and ours: computed with OpenSSL's Argon2id,
/// which is not the library that we use.
BOOST_AUTO_TEST_CASE(it_is_argon2id_as_another_implementation_computes_it) {
  BOOST_TEST(hex(*argon2id(secret(std::string(32, '\1')), std::string(16, '\2'), {32, 3, 4})) ==
             "03aab965c12001c9d7d0d2de33192c0494b684bb148196d73c1df1acaf6d0c2e");
  BOOST_TEST(hex(*argon2id(secret("password"), "somesaltsomesalt")) ==
             "81db97a7e67a891784a2599bc879f957cb3512d273984bd97d8a18fc59ff01e2");
}

BOOST_AUTO_TEST_CASE(a_cost_that_would_exhaust_us_or_protect_nobody_is_not_sensible) {
  BOOST_TEST(is_sensible({}));
  BOOST_TEST(is_sensible({256U << 10, 12, 16}));
  BOOST_TEST(!is_sensible({(256U << 10) + 1, 3, 4}));
  BOOST_TEST(!is_sensible({64U << 10, 13, 4}));
  BOOST_TEST(!is_sensible({64U << 10, 0, 4}));
  BOOST_TEST(!is_sensible({64U << 10, 3, 0}));
  BOOST_TEST(!is_sensible({31, 3, 4}));
  BOOST_TEST(!is_sensible({UINT32_MAX, UINT32_MAX, UINT32_MAX}));
}

BOOST_AUTO_TEST_CASE(what_the_library_does_not_take_is_an_error) {
  BOOST_TEST((argon2id(secret("password"), "short").error().code == Errc::invalid));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
