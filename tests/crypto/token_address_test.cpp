#include "crypto/token_address.hpp"

#include <boost/test/unit_test.hpp>

#include "base/ascii.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

const Secret key =
    token_key(Secret(std::span(reinterpret_cast<const std::uint8_t*>("0123456789abcdef0123456789ABCDEF"), 32)));
const std::string domain = "secure.clinic.example";
const Token token{TokenUse::reply, "0123456789abcdef"};

BOOST_AUTO_TEST_SUITE(token_address)

BOOST_AUTO_TEST_CASE(what_we_made_is_read_again_in_any_case) {
  const std::string local = format_token(key, token, domain);
  BOOST_TEST(local.size() == 45U);
  BOOST_TEST(local.substr(0, 2) == "r+");
  BOOST_TEST(local == lowered(local));
  BOOST_TEST((parse_token(key, local, domain) == token));
  std::string shouted = local;
  for (char& c : shouted)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  BOOST_TEST((parse_token(key, shouted, "SECURE.clinic.example") == token));
}

BOOST_AUTO_TEST_CASE(each_character_counts) {
  const std::string local = format_token(key, token, domain);
  for (std::size_t i = 0; i < local.size(); ++i) {
    std::string other = local;
    other[i] = other[i] == 'b' ? 'c' : 'b';
    BOOST_TEST(!parse_token(key, other, domain), "character " << i);
    BOOST_TEST(!parse_token(key, local.substr(0, i), domain));
  }
  BOOST_TEST(!parse_token(key, local + "a", domain));
}

BOOST_AUTO_TEST_CASE(a_token_is_good_for_one_use_one_domain_and_one_key) {
  const std::string local = format_token(key, token, domain);
  BOOST_TEST(!parse_token(key, "b" + local.substr(1), domain));
  BOOST_TEST(!parse_token(key, local, "secure.other.example"));
  BOOST_TEST(!parse_token(token_key(key), local, domain));
  BOOST_TEST(!parse_token(Secret(), local, domain));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
