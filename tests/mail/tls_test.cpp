// How secure must it be, how secure is it: meet is a lattice's, never loosens, and the invalid requirement meets
// nothing.
#include "mail/tls.hpp"

#include <array>

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using mail::TlsaRecord;
using mail::TlsFacts;
using mail::TlsLevel;
using mail::TlsRequirement;
using mail::TlsVersion;

const TlsaRecord end_entity{3, 1, 1, std::string(32, 'e')}, anchor{2, 0, 1, std::string(32, 'a')};
const std::string fingerprint = "sha256:" + std::string(64, '0');

/// All parts in a few values each, one part changed at a time and some together.
std::vector<TlsRequirement> requirements() {
  std::vector<TlsRequirement> all = {TlsRequirement::invalid()};
  for (int level = 0; level <= static_cast<int>(TlsLevel::dane); ++level) {
    for (unsigned parts = 0; parts < 64; ++parts) {
      TlsRequirement one = TlsRequirement::at(static_cast<TlsLevel>(level));
      if ((parts & 1) != 0) one.version = TlsVersion::tls1_3;
      if ((parts & 2) != 0) one.names = {"a.example", "b.example"};
      if ((parts & 4) != 0) one.pins = {"certificate:" + fingerprint};
      if ((parts & 8) != 0) one.groups = {"P-256"};
      if ((parts & 16) != 0) one.tlsa = {end_entity, anchor};
      one.requiretls = parts % 3 == 0;  // beside the others: a dimension of its own would take hours
      if ((parts & 32) != 0) {
        one.names = {"b.example", "c.example"};
        one.pins = {"certificate:" + fingerprint, "authority:" + fingerprint};
        one.groups = {"P-256", "X25519"};
        one.tlsa = {anchor};
        one.tlsa_base = "a.example";
        one.promised = true;
      }
      all.push_back(one);
    }
  }
  return all;
}

std::vector<TlsFacts> facts() {
  std::vector<TlsFacts> all = {TlsFacts{}};
  for (const TlsVersion version : {TlsVersion::tls1_2, TlsVersion::tls1_3}) {
    for (const bool valid : {false, true}) {
      for (const char* name : {"a.example", "b.example", "d.example"}) {
        for (const std::optional<TlsaRecord>& matched :
             std::array<std::optional<TlsaRecord>, 3>{std::nullopt, end_entity, anchor}) {
          TlsFacts one;
          one.version = version;
          one.chain_valid = valid;
          one.names = {name};
          one.group = "prime256v1";
          one.fingerprint = fingerprint;
          one.tlsa = matched;
          all.push_back(one);
          one.requiretls = true;
          all.push_back(one);
        }
      }
    }
  }
  return all;
}

BOOST_AUTO_TEST_CASE(meet_is_commutative_and_idempotent_and_invalid_absorbs) {
  for (const TlsRequirement& a : requirements()) {
    BOOST_REQUIRE((mail::meet(a, a) == a));
    BOOST_REQUIRE((mail::meet(a, TlsRequirement::invalid()) == TlsRequirement::invalid()));
    if (a.level >= TlsLevel::none && a.valid) BOOST_REQUIRE((mail::meet(a, TlsRequirement{}) == a));
    for (const TlsRequirement& b : requirements())
      BOOST_REQUIRE((mail::meet(a, b) == mail::meet(b, a)));
  }
}

BOOST_AUTO_TEST_CASE(meet_is_associative) {
  const std::vector<TlsRequirement> all = requirements();
  unsigned valid = 0;
  for (std::size_t i = 0; i < all.size(); i += 3) {  // the levels' thirds differ: every pair of parts occurs
    for (std::size_t j = 0; j < all.size(); j += 5) {
      for (std::size_t k = 0; k < all.size(); k += 7) {
        const TlsRequirement left = mail::meet(mail::meet(all[i], all[j]), all[k]);
        BOOST_REQUIRE((left == mail::meet(all[i], mail::meet(all[j], all[k]))));
        valid += left.valid ? 1 : 0;
      }
    }
  }
  BOOST_TEST(valid > 1000U);
}

BOOST_AUTO_TEST_CASE(what_meets_two_requirements_together_meets_each) {
  const std::vector<TlsFacts> all_facts = facts();
  const std::vector<TlsRequirement> all = requirements();
  // Whose names are still to be filled in is met by nobody; require_tls fills them in last.
  const auto unfinished = [](const TlsRequirement& one) {
    return one.level >= TlsLevel::verified && one.names.empty() && one.tlsa.empty();
  };
  unsigned met = 0;
  for (const TlsRequirement& a : all) {
    for (const TlsRequirement& b : all) {
      const TlsRequirement both = mail::meet(a, b);
      for (const TlsFacts& fact : all_facts) {
        if (!mail::meets(both, fact)) continue;
        ++met;
        BOOST_REQUIRE((mail::meets(a, fact) || unfinished(a) || a.level == TlsLevel::dane));
        BOOST_REQUIRE((mail::meets(b, fact) || unfinished(b) || b.level == TlsLevel::dane));
        // At `dane` the records may be the other's, but never nobody's.
        if (a.level == TlsLevel::dane || b.level == TlsLevel::dane) BOOST_REQUIRE(fact.tlsa.has_value());
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

BOOST_AUTO_TEST_CASE(dane_needs_a_match_among_its_own_records_and_asks_for_no_name) {
  TlsRequirement requirement = TlsRequirement::at(TlsLevel::dane);
  TlsFacts fact;
  fact.version = TlsVersion::tls1_3;
  fact.chain_valid = true;
  fact.names = {"lab.example"};
  BOOST_TEST(!mail::meets(requirement, fact));  // nothing to match against
  requirement.tlsa = {end_entity};
  BOOST_TEST(!mail::meets(requirement, fact));
  fact.tlsa = anchor;
  BOOST_TEST(!mail::meets(requirement, fact));
  fact.tlsa = end_entity;
  fact.chain_valid = false;
  fact.names.clear();
  BOOST_TEST(mail::meets(requirement, fact));
  requirement.names = {"mx1.partner.example"};  // a name that the administrator demands besides
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
                                                        {"*.*.example", "a.*.example"},  // found by fuzzing
                                                        {"*", "lab"},
                                                        {"", ""}}) {
    BOOST_TEST(!mail::certificate_name_matches(pattern, host), pattern << " " << host);
  }
}

BOOST_AUTO_TEST_CASE(pins_that_differ_cannot_both_hold) {
  TlsRequirement a = TlsRequirement::at(TlsLevel::encrypted), b = a;
  a.pins = {"certificate:sha256:00"};
  b.pins = {"certificate:sha256:01"};
  BOOST_TEST(!mail::meet(a, b).valid);
  TlsFacts fact;
  fact.version = TlsVersion::tls1_3;
  fact.fingerprint = "sha256:01";
  BOOST_TEST(!mail::meets(a, fact));
  BOOST_TEST(mail::meets(b, fact));
}

BOOST_AUTO_TEST_CASE(a_pin_is_of_a_certificate_of_a_key_or_of_an_authority_in_a_trusted_chain) {
  TlsFacts fact;
  fact.version = TlsVersion::tls1_3;
  fact.fingerprint = "sha256:01";
  fact.key_fingerprint = "sha256:02";
  fact.authorities = {"sha256:03", "sha256:04"};
  const auto met = [&](const std::string& pin) {
    TlsRequirement requirement = TlsRequirement::at(TlsLevel::encrypted);
    requirement.pins = {pin};
    return mail::meets(requirement, fact);
  };
  for (const char* right : {"certificate:sha256:01", "key:sha256:02", "authority:sha256:03", "authority:sha256:04"})
    BOOST_TEST(met(right), right);
  for (const char* wrong :
       {"certificate:sha256:02", "key:sha256:01", "authority:sha256:01", "sha256:01", "certificate:", ""})
    BOOST_TEST(!met(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(pins_are_written_as_openssl_prints_fingerprints) {
  const std::string digits(64, 'a');
  std::string with_colons;
  for (int i = 0; i < 32; ++i)
    with_colons += i == 0 ? "AA" : ":AA";
  BOOST_TEST(mail::parse_pin("key:sha256:" + with_colons).value() == "key:sha256:" + digits);
  for (const std::string& wrong : {std::string(), "sha256:" + digits, "key:" + digits, "key:sha1:" + digits,
                                   "key:sha256:" + digits + "a", "key:sha256:" + std::string(64, 'g')}) {
    BOOST_TEST(!mail::parse_pin(wrong).has_value(), wrong);
  }
}

BOOST_AUTO_TEST_CASE(a_group_has_many_names) {
  TlsRequirement requirement = TlsRequirement::at(TlsLevel::encrypted);
  requirement.groups = {mail::normal_group("secp256r1")};
  TlsFacts fact;
  fact.version = TlsVersion::tls1_3;
  fact.group = "prime256v1";
  BOOST_TEST(mail::meets(requirement, fact));
  fact.group = "x25519";
  BOOST_TEST(mail::unmet(requirement, fact) == "the key exchange did not use P-256");
}

BOOST_AUTO_TEST_CASE(requiretls_is_met_by_who_announces_it_inside_tls) {  // RFC 8689 §4.2.1
  TlsRequirement requirement = TlsRequirement::at(TlsLevel::verified);
  requirement.names = {"mx1.lab.example"};
  requirement.requiretls = true;
  TlsFacts fact;
  fact.requiretls = true;
  BOOST_TEST(mail::unmet(requirement, fact) == "the connection is not encrypted");
  fact.version = TlsVersion::tls1_3;
  fact.chain_valid = true;
  fact.names = {"mx2.lab.example"};
  BOOST_TEST(mail::unmet(requirement, fact) == "the certificate is not for mx1.lab.example");
  fact.names = {"mx1.lab.example"};
  BOOST_TEST(mail::unmet(requirement, fact) == "");
  fact.requiretls = false;
  BOOST_TEST(mail::unmet(requirement, fact) == "the server does not offer REQUIRETLS");
  requirement = {};
  requirement.requiretls = true;  // whatever its level
  BOOST_TEST(!mail::meets(requirement, TlsFacts{}));
}

BOOST_AUTO_TEST_CASE(a_requirement_of_before_requiretls_is_read) {
  Writer out;
  mail::encode(out, TlsRequirement::at(TlsLevel::secure));
  const std::string bytes = out.take(), before = bytes.substr(0, bytes.size() - 1);
  Reader in(before);
  BOOST_TEST((mail::decode_tls_requirement(in, 4) == TlsRequirement::at(TlsLevel::secure)));
  BOOST_TEST(in.finished());
}

BOOST_AUTO_TEST_CASE(the_level_reached_is_the_best_that_the_facts_show) {
  TlsFacts fact;
  const auto level = [&] { return mail::reached(fact, "mx1.lab.example", "lab.example"); };
  BOOST_TEST((level() == TlsLevel::none));
  fact.version = TlsVersion::tls1_2;
  BOOST_TEST((level() == TlsLevel::encrypted));
  fact.chain_valid = true;
  fact.names = {"other.example"};
  BOOST_TEST((level() == TlsLevel::encrypted));
  fact.names = {"*.lab.example"};
  BOOST_TEST((level() == TlsLevel::verified));
  fact.names = {"mx1.lab.example", "lab.example"};
  BOOST_TEST((level() == TlsLevel::secure));
  fact.tlsa = end_entity;
  BOOST_TEST((level() == TlsLevel::dane));
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_read_again_but_for_what_belongs_to_one_attempt) {
  for (TlsRequirement one : requirements()) {
    Writer out;
    mail::encode(out, one);
    const std::string bytes = out.take();
    Reader in(bytes);
    one.tlsa.clear();
    one.tlsa_base.clear();
    one.promised = false;
    BOOST_REQUIRE((mail::decode_tls_requirement(in) == one));
    BOOST_REQUIRE(in.finished());
  }
}

}  // namespace
