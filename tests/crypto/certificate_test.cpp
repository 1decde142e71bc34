// Certificates that come in a bag (PKCS #7), from directories and from strangers.
#include "crypto/certificate.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>
#include <openssl/err.h>

#include "tests/support/mail_certificate.hpp"
#include "tests/support/pkcs7.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using postern::test::der_of;
using postern::test::mail_certificate;
using postern::test::pkcs7_of;
using postern::test::Pki;

std::vector<std::string> fingerprints(const std::vector<Certificate>& certificates) {
  std::vector<std::string> all;
  for (const Certificate& one : certificates)
    all.push_back(one.fingerprint());
  return all;
}

std::string fingerprint(const Pki& of) {
  return Certificate::parse_der(test::certificate_bytes(of)).value().fingerprint();
}

/// An Error of the bag, with OpenSSL's queue left empty: the next TLS call on this thread would find what is in it.
bool is_refused(std::string_view bytes) {
  const auto read = Certificate::parse_pkcs7(bytes);
  return !read && read.error().code == Errc::invalid && ERR_peek_error() == 0;
}

struct Bag {
  Pki ann = mail_certificate(nullptr, {.alternative = {"ann@lab.example"}}),
      bob = mail_certificate(nullptr, {.alternative = {"bob@lab.example"}});
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(certificate_bag, Bag)

BOOST_AUTO_TEST_CASE(one_certificate_comes_out_as_it_went_in) {
  const auto read = Certificate::parse_pkcs7(pkcs7_of({ann})).value();
  BOOST_REQUIRE(read.size() == 1U);
  BOOST_TEST(read[0].der() == test::certificate_bytes(ann));
  BOOST_TEST(read[0].alternative_addresses().front() == "ann@lab.example");
}

BOOST_AUTO_TEST_CASE(of_several_all_come_out) {
  const auto read = fingerprints(Certificate::parse_pkcs7(pkcs7_of({ann, bob})).value());
  BOOST_REQUIRE(read.size() == 2U);
  BOOST_TEST((std::ranges::find(read, fingerprint(ann)) != read.end()));
  BOOST_TEST((std::ranges::find(read, fingerprint(bob)) != read.end()));
}

BOOST_AUTO_TEST_CASE(they_outlive_the_bag) {
  auto read = Certificate::parse_pkcs7(pkcs7_of({ann, bob})).value();
  const Certificate kept = read[0];
  read.clear();
  BOOST_TEST(!kept.fingerprint().empty());
}

BOOST_AUTO_TEST_CASE(an_empty_bag_is_an_error) {
  const auto read = Certificate::parse_pkcs7(pkcs7_of({}));
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().text == "there is no certificate in the signed data");
  BOOST_TEST(is_refused(pkcs7_of({})));
}

BOOST_AUTO_TEST_CASE(what_is_no_bag_is_an_error) {
  BOOST_TEST(is_refused(""));
  BOOST_TEST(is_refused("-----BEGIN PKCS7-----"));
  BOOST_TEST(is_refused(test::certificate_bytes(ann)));
  PKCS7* data = PKCS7_new();  // PKCS #7, and not SignedData
  PKCS7_set_type(data, NID_pkcs7_data);
  const std::string der = der_of<PKCS7>(data, i2d_PKCS7);
  PKCS7_free(data);
  BOOST_REQUIRE(!der.empty());
  BOOST_TEST(is_refused(der));
}

BOOST_AUTO_TEST_CASE(one_that_is_cut_off_anywhere_is_an_error) {
  const std::string whole = pkcs7_of({ann, bob});
  for (std::size_t length = 0; length < whole.size(); ++length)
    BOOST_REQUIRE(is_refused(std::string_view(whole).substr(0, length)));
}

BOOST_AUTO_TEST_CASE(damage_gives_an_error_or_certificates_and_leaves_nothing_behind) {
  const std::string whole = pkcs7_of({ann});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    const auto read = Certificate::parse_pkcs7(damaged);
    BOOST_REQUIRE(ERR_peek_error() == 0);
    BOOST_REQUIRE((read ? !read->empty() : read.error().code == Errc::invalid));
  }
}

BOOST_AUTO_TEST_SUITE_END()
