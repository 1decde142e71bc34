#include "crypto/pickup_key.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "crypto/seal.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

const Secret link(std::span(reinterpret_cast<const std::uint8_t*>("0123456789abcdef0123456789ABCDEF"), 32));
const std::string salt = "a salt of 16 oct";

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string mac(32, '\0');
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), reinterpret_cast<unsigned char*>(mac.data()), &length);
  return mac;
}

BOOST_AUTO_TEST_SUITE(pickup_key)

/// RFC 5869 §2: extract, then one block of expand, by hand.
BOOST_AUTO_TEST_CASE(it_is_hkdf_of_the_link_and_the_salt) {
  const std::string prk = hmac_sha256(salt, link.text());
  BOOST_TEST(pickup_keys(link, salt).content.text() == hmac_sha256(prk, "postern pick-up 1: content key\x01"));
  BOOST_TEST(pickup_keys(link, salt).card.text() == hmac_sha256(prk, "postern pick-up 1: card\x01"));
}

BOOST_AUTO_TEST_CASE(with_a_passphrase_it_is_hkdf_of_both) {
  const Secret stretched(std::span(reinterpret_cast<const std::uint8_t*>("what Argon2id has made of words!"), 32));
  const std::string prk = hmac_sha256(salt, std::string(link.text()) + std::string(stretched.text()));
  BOOST_TEST(passphrase_key(link, stretched, salt).text() ==
             hmac_sha256(prk, "postern pick-up 1: content key by passphrase\x01"));
  BOOST_TEST(passphrase_key(link, Secret(), salt).text() != pickup_keys(link, salt).content.text());
}

BOOST_AUTO_TEST_CASE(another_link_or_salt_opens_nothing) {
  SystemRandom random;
  const Secret content = make_key(random);
  const std::string wrapped = wrap_key(pickup_keys(link, salt).content, content);
  BOOST_TEST(unwrap_key(pickup_keys(link, salt).content, wrapped)->text() == content.text());
  BOOST_TEST(!unwrap_key(pickup_keys(make_key(random), salt).content, wrapped));
  BOOST_TEST(!unwrap_key(pickup_keys(link, "a salt of 16 0ct").content, wrapped));
  BOOST_TEST(!unwrap_key(pickup_keys(link, salt).card, wrapped));
}

BOOST_AUTO_TEST_CASE(each_reply_has_a_key_of_its_own_that_no_other_key_of_the_link_is) {
  const std::string root =
      hmac_sha256(hmac_sha256(std::string(32, '\0'), link.text()), "postern pick-up 1: replies\x01");
  BOOST_TEST(reply_root(link).text() == root);
  BOOST_TEST(reply_key(reply_root(link), salt).text() ==
             hmac_sha256(hmac_sha256(salt, root), "postern pick-up 1: a reply\x01"));
  BOOST_TEST(reply_key(reply_root(link), salt).text() != reply_key(reply_root(link), "another salt").text());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
