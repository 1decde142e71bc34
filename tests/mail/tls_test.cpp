// How secure must it be, how secure is it: meet never loosens, and the invalid requirement meets nothing.
#include "mail/tls.hpp"

#include <array>

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using mail::TlsFacts;
using mail::TlsLevel;
using mail::TlsRequirement;
using mail::TlsVersion;

std::vector<TlsRequirement> requirements() {
  std::vector<TlsRequirement> all = {TlsRequirement::invalid()};
  for (int level = 0; level <= static_cast<int>(TlsLevel::dane); ++level) {
    for (const TlsVersion version : {TlsVersion::tls1_2, TlsVersion::tls1_3}) {
      for (const std::vector<std::string>& names :
           std::vector<std::vector<std::string>>{{}, {"a.example"}, {"a.example", "b.example"}}) {
        for (const char* group : {"", "X25519"}) {
          TlsRequirement one = TlsRequirement::at(static_cast<TlsLevel>(level));
          one.version = version;
          one.names = names;
          one.group = group;
          all.push_back(one);
        }
      }
    }
  }
  return all;
}

std::vector<TlsFacts> facts() {
  std::vector<TlsFacts> all = {TlsFacts{}};
  for (const TlsVersion version : {TlsVersion::tls1_2, TlsVersion::tls1_3}) {
    for (const bool valid : {false, true}) {
      for (const char* name : {"a.example", "b.example", "c.example"}) {
        TlsFacts one;
        one.version = version;
        one.chain_valid = valid;
        one.names = {name};
        one.group = "X25519";
        one.fingerprint = "sha256:00";
        all.push_back(one);
      }
    }
  }
  return all;
}

BOOST_AUTO_TEST_CASE(what_meets_two_requirements_together_meets_each) {
  unsigned met = 0;
  for (const TlsRequirement& a : requirements()) {
    for (const TlsRequirement& b : requirements()) {
      const TlsRequirement both = mail::meet(a, b);
      for (const TlsFacts& fact : facts()) {
        if (!mail::meets(both, fact)) continue;
        ++met;
        // Names count from `verified` on: a looser requirement does not look at them.
        BOOST_REQUIRE((mail::meets(a, fact) || (a.level >= TlsLevel::verified && a.names.empty())));
        BOOST_REQUIRE((mail::meets(b, fact) || (b.level >= TlsLevel::verified && b.names.empty())));
      }
    }
  }
  BOOST_TEST(met > 0U);
}

BOOST_AUTO_TEST_CASE(cleartext_meets_nothing_from_encrypted_up) {
  for (const TlsRequirement& requirement : requirements()) {
    if (requirement.level >= TlsLevel::encrypted) BOOST_REQUIRE(!mail::meets(requirement, TlsFacts{}));
  }
}

BOOST_AUTO_TEST_CASE(verified_needs_a_trusted_chain_and_the_right_name) {
  TlsRequirement requirement = TlsRequirement::at(TlsLevel::verified);
  TlsFacts fact;
  fact.version = TlsVersion::tls1_2;
  fact.chain_valid = true;
  fact.names = {"mx1.lab.example"};
  BOOST_TEST(!mail::meets(requirement, fact));  // no name to check
  requirement.names = {"mx1.lab.example"};
  BOOST_TEST(mail::meets(requirement, fact));
  requirement.names = {"mx2.lab.example"};
  BOOST_TEST(mail::unmet(requirement, fact) == "the certificate is not for mx2.lab.example");
  requirement.names = {"mx1.lab.example"};
  fact.chain_valid = false;
  BOOST_TEST(!mail::meets(requirement, fact));
}

BOOST_AUTO_TEST_CASE(a_wildcard_stands_for_one_whole_label) {
  BOOST_TEST(mail::certificate_name_matches("*.lab.example", "mx.lab.example"));
  BOOST_TEST(mail::certificate_name_matches("*.LAB.example", "MX.lab.example"));
  for (const auto& [pattern, host] :
       std::vector<std::pair<std::string, std::string>>{{"*.lab.example", "a.b.lab.example"},
                                                        {"*.lab.example", "lab.example"},
                                                        {"*.lab.example", ".lab.example"},
                                                        {"m*.lab.example", "mx.lab.example"},
                                                        {"*.example", "lab.example"},
                                                        {"*", "lab"},
                                                        {"", ""}}) {
    BOOST_TEST(!mail::certificate_name_matches(pattern, host), pattern << " " << host);
  }
}

BOOST_AUTO_TEST_CASE(pins_that_differ_cannot_both_hold) {
  TlsRequirement a = TlsRequirement::at(TlsLevel::encrypted), b = a;
  a.pins = {"sha256:00"};
  b.pins = {"sha256:01"};
  BOOST_TEST(!mail::meet(a, b).valid);
  TlsFacts fact;
  fact.version = TlsVersion::tls1_3;
  fact.fingerprint = "sha256:01";
  BOOST_TEST(!mail::meets(a, fact));
  BOOST_TEST(mail::meets(b, fact));
}

}  // namespace
