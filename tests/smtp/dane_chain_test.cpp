// shared/cases/tls/dane-chain.jsonl, row by row: chains that are built here, matched by our client's own handshake
// (RFC 7671, 7672 §3). Each handshake is a real one, over memory.
#include <functional>
#include <map>

#include <boost/test/unit_test.hpp>
#include <openssl/ssl.h>

#include "net/tls_context.hpp"
#include "smtp/tls_facts.hpp"
#include "tests/smtp/server.hpp"
#include "tests/support/pki.hpp"
#include "tests/support/shared.hpp"

namespace {

using namespace postern;
using mail::TlsaRecord;
using test::authority;
using test::certificate_bytes;
using test::issue;
using test::key_bytes;
using test::Pki;
using test::sha256;
using test::sha512;

const std::string mx = "mx.lab.example", domain = "lab.example";
const test::Wanted good_leaf{.common_name = "x", .names = {mx}};

/// A server that sends `chain`, leaf first, and what its domain publishes.
struct Situation {
  std::vector<Pki> chain;
  std::set<TlsaRecord> records;
};

TlsaRecord anchor_certificate(const Pki& of) {
  return {2, 0, 1, sha256(certificate_bytes(of))};
}
TlsaRecord anchor_key(const Pki& of) {
  return {2, 1, 0, key_bytes(of)};
}
TlsaRecord end_entity(const Pki& of) {
  return {3, 1, 1, sha256(key_bytes(of))};
}

std::shared_ptr<const net::TlsClient> client(const std::string& trusted = {}) {
  return smtp::client_that_trusts(trusted.empty() ? test::pem_of(authority("another")) : trusted);
}

/// What our side makes of the handshake.
mail::TlsFacts meet_server(const Situation& situation, const mail::TlsRequirement& requirement,
                           const net::TlsClient& plain) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> server_context(SSL_CTX_new(TLS_server_method()),
                                                                         SSL_CTX_free);
  SSL_CTX_use_certificate(server_context.get(), situation.chain.front().certificate.get());
  SSL_CTX_use_PrivateKey(server_context.get(), situation.chain.front().key.get());
  for (std::size_t i = 1; i < situation.chain.size(); ++i)
    SSL_CTX_add1_chain_cert(server_context.get(), situation.chain[i].certificate.get());
  const auto demanding = plain.demanding(smtp::tls_demands(requirement));
  const auto& ours = static_cast<const net::TlsClientContext&>(*demanding);
  const std::unique_ptr<SSL, decltype(&SSL_free)> near(SSL_new(ours.shared->context.native_handle()), SSL_free),
      far(SSL_new(server_context.get()), SSL_free);
  SSL_set_connect_state(near.get());
  SSL_set_accept_state(far.get());
  BIO *a = nullptr, *b = nullptr;
  BIO_new_bio_pair(&a, 0, &b, 0);
  SSL_set_bio(near.get(), a, a);
  SSL_set_bio(far.get(), b, b);
  BOOST_TEST(!ours.prepare(near.get()));
  for (int turn = 0; turn < 20 && SSL_is_init_finished(near.get()) == 0; ++turn) {
    SSL_do_handshake(near.get());
    SSL_do_handshake(far.get());
  }
  BOOST_REQUIRE(SSL_is_init_finished(near.get()) == 1);
  return smtp::tls_facts(net::describe(near.get(), !requirement.tlsa.empty()));
}

mail::TlsRequirement requirement_of(const std::set<TlsaRecord>& records) {
  mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::dane);
  requirement.tlsa = records;
  requirement.tlsa_base = mx;
  requirement.tlsa_names = {domain};
  return requirement;
}

std::string verdict(const Situation& situation) {
  const mail::TlsRequirement requirement = requirement_of(situation.records);
  return mail::meets(requirement, meet_server(situation, requirement, *client())) ? "accept" : "reject";
}

Situation under_root(const test::Wanted& leaf) {
  const Pki root = authority("root");
  return {{issue(root, leaf), root}, {anchor_certificate(root)}};
}

const std::map<std::string, std::function<Situation()>> situations = {
    {"DANE-EE(3) matches leaf, certificate name differs from MX",
     [] {
       const Pki leaf = issue(nullptr, {.names = {"elsewhere.example"}});
       return Situation{{leaf}, {end_entity(leaf)}};
     }},
    {"DANE-EE(3) matches leaf, leaf expired",
     [] {
       const Pki leaf = issue(nullptr, {.names = {mx}, .from_days = -20, .to_days = -10});
       return Situation{{leaf}, {end_entity(leaf)}};
     }},
    {"DANE-TA(2) anchors at a private intermediate (not self-signed)",
     [] {
       const Pki root = authority("root"), middle = issue(root, {.common_name = "middle", .is_ca = true});
       return Situation{{issue(middle, good_leaf), middle}, {anchor_certificate(middle)}};
     }},
    {"DANE-TA(2) matches while a DANE-EE(3) record is present but does not match",
     [] {
       Situation made = under_root(good_leaf);
       made.records.insert(end_entity(authority("another")));
       return made;
     }},
    {"DANE-TA(2) and no SAN matches the MX or next-hop name", [] { return under_root({.names = {"other.example"}}); }},
    {"DANE-TA(2) and only the Common Name matches (no SAN)", [] { return under_root({.common_name = mx}); }},
    {"DANE-TA(2) hash matches an unrelated CA put into the chain",
     [] {
       const Pki root = authority("root"), unrelated = authority("unrelated");
       return Situation{{issue(root, good_leaf), root, unrelated}, {anchor_certificate(unrelated)}};
     }},
    {"DANE-TA(2) with an expired intermediate",
     [] {
       const Pki root = authority("root"),
                 middle = issue(root, {.common_name = "middle", .is_ca = true, .from_days = -20, .to_days = -10});
       return Situation{{issue(middle, good_leaf), middle, root}, {anchor_certificate(root)}};
     }},
    {"DANE-TA(2) bare key 2 1 0 anchors the chain",
     [] {
       const Pki root = authority("root");
       return Situation{{issue(root, good_leaf)}, {anchor_key(root)}};
     }},
    {"DANE-TA(2) bare key, key is in the chain",
     [] {
       const Pki root = authority("root");
       return Situation{{issue(root, good_leaf), root}, {anchor_key(root)}};
     }},
    {"DANE-TA(2) bare key anchors a deep chain",
     [] {
       const Pki root = authority("root"), upper = issue(root, {.common_name = "upper", .is_ca = true}),
                 lower = issue(upper, {.common_name = "lower", .is_ca = true});
       return Situation{{issue(lower, good_leaf), lower, upper}, {anchor_key(root)}};
     }},
    {"DANE-TA(2) record matches only the leaf itself",
     [] {
       const Pki root = authority("root"), leaf = issue(root, good_leaf);
       return Situation{{leaf, root}, {anchor_certificate(leaf)}};
     }},
    {"path length constraint violated below the anchor",
     [] {
       const Pki root = authority("root"),
                 upper = issue(root, {.common_name = "upper", .is_ca = true, .path_length = 0}),
                 lower = issue(upper, {.common_name = "lower", .is_ca = true});
       return Situation{{issue(lower, good_leaf), lower, upper, root}, {anchor_certificate(root)}};
     }},
    {"chain sent unordered and padded with unrelated certificates",
     [] {
       const Pki root = authority("root"), upper = issue(root, {.common_name = "upper", .is_ca = true}),
                 lower = issue(upper, {.common_name = "lower", .is_ca = true});
       return Situation{{issue(lower, good_leaf), root, authority("padding"), upper, authority("more"), lower},
                        {anchor_certificate(root)}};
     }},
    {"issuer certificate is not a CA",
     [] {
       const Pki root = authority("root"), no_authority = issue(root, {.common_name = "no authority"});
       return Situation{{issue(no_authority, good_leaf), no_authority, root}, {anchor_certificate(root)}};
     }},
    {"leaf EKU without serverAuth", [] { return under_root({.names = {mx}, .usage = "clientAuth"}); }},
    {"leaf EKU with serverAuth", [] { return under_root({.names = {mx}, .usage = "serverAuth"}); }},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(dane_chain)

BOOST_AUTO_TEST_CASE(every_row_has_its_verdict) {
  const auto rows = test::shared_case_rows("tls/dane-chain.jsonl");
  BOOST_REQUIRE(rows.size() == 17U);
  for (const boost::json::object& row : rows) {
    const std::string name(row.at("situation").get_string());
    BOOST_REQUIRE_MESSAGE(situations.contains(name), name);
    BOOST_TEST(verdict(situations.at(name)()) == std::string(row.at("verdict").get_string()), name);
  }
}

BOOST_AUTO_TEST_CASE(the_next_hop_domain_is_a_name_under_dane_ta_too) {
  BOOST_TEST(verdict(under_root({.names = {domain}})) == "accept");
  BOOST_TEST(verdict(under_root({.names = {"*.lab.example"}})) == "accept");
  BOOST_TEST(verdict(under_root({.names = {"m*.lab.example"}})) == "reject");
}

// RFC 7671 §9: of the digests of one usage and selector the strongest counts, whatever the others say.
BOOST_AUTO_TEST_CASE(a_weaker_digest_does_not_count_beside_a_stronger_one) {
  const Pki leaf = issue(nullptr, good_leaf), other = issue(nullptr, good_leaf);
  const TlsaRecord weak{3, 1, 1, sha256(key_bytes(leaf))}, strong{3, 1, 2, sha512(key_bytes(leaf))},
      strong_of_other{3, 1, 2, sha512(key_bytes(other))};
  BOOST_TEST(verdict({{leaf}, {weak}}) == "accept");
  BOOST_TEST(verdict({{leaf}, {weak, strong}}) == "accept");
  BOOST_TEST(verdict({{leaf}, {weak, strong_of_other}}) == "reject");
  // Whole values are no digests and count by themselves; so does another selector.
  BOOST_TEST(verdict({{leaf}, {{3, 1, 0, key_bytes(leaf)}, strong_of_other}}) == "accept");
  BOOST_TEST(verdict({{leaf}, {{3, 0, 1, sha256(certificate_bytes(leaf))}, strong_of_other}}) == "accept");
}

BOOST_AUTO_TEST_CASE(a_public_authority_does_not_rescue_what_dane_refuses_and_both_verdicts_are_told) {
  const Pki root = authority("root"), leaf = issue(root, good_leaf);
  const mail::TlsRequirement requirement = requirement_of({end_entity(authority("another"))});
  const mail::TlsFacts facts = meet_server({{leaf, root}, requirement.tlsa}, requirement, *client(test::pem_of(root)));
  BOOST_TEST(facts.chain_valid);
  BOOST_TEST(!facts.tlsa.has_value());
  BOOST_TEST(!facts.dane_error.empty());
  BOOST_TEST(!mail::meets(requirement, facts));
}

BOOST_AUTO_TEST_CASE(what_dane_matched_is_the_record_and_the_chain_s_own_verdict_stands_beside_it) {
  const Pki leaf = issue(nullptr, good_leaf);
  const mail::TlsRequirement requirement = requirement_of({end_entity(leaf), end_entity(authority("another"))});
  const mail::TlsFacts facts = meet_server({{leaf}, requirement.tlsa}, requirement, *client());
  BOOST_REQUIRE(facts.tlsa.has_value());
  BOOST_TEST((*facts.tlsa == end_entity(leaf)));
  BOOST_TEST(!facts.chain_valid);
  BOOST_TEST(!facts.chain_error.empty());
}

BOOST_AUTO_TEST_CASE(a_record_that_openssl_cannot_read_matches_nothing) {
  BOOST_TEST(!net::reads_tlsa({3, 0, 0, "no certificate"}));
  BOOST_TEST(!net::reads_tlsa({2, 1, 0, "no key"}));
  BOOST_TEST(!net::reads_tlsa({3, 1, 1, "short"}));
  const Pki leaf = issue(nullptr, good_leaf);
  BOOST_TEST(net::reads_tlsa({3, 0, 0, certificate_bytes(leaf)}));
  BOOST_TEST(net::reads_tlsa({2, 1, 0, key_bytes(leaf)}));
  BOOST_TEST(verdict({{leaf}, {{3, 0, 0, "no certificate"}}}) == "reject");
}

BOOST_AUTO_TEST_CASE(fingerprints_of_key_and_authorities_are_told_for_pins) {
  const Pki root = authority("root"), leaf = issue(root, good_leaf);
  const mail::TlsRequirement none;
  const mail::TlsFacts facts = meet_server({{leaf, root}, {}}, none, *client(test::pem_of(root)));
  const auto pin = [](const std::string& kind, const std::string& bytes) {
    return kind + ":sha256:" + mail::format_tlsa({0, 0, 0, sha256(bytes)}).substr(6);
  };
  const auto met = [&](const std::string& wanted, const mail::TlsFacts& shown) {
    mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::encrypted);
    requirement.pins = {mail::parse_pin(wanted).value()};
    return mail::meets(requirement, shown);
  };
  BOOST_TEST(met(pin("certificate", certificate_bytes(leaf)), facts));
  BOOST_TEST(met(pin("key", key_bytes(leaf)), facts));
  BOOST_TEST(met(pin("authority", certificate_bytes(root)), facts));
  BOOST_TEST(!met(pin("authority", certificate_bytes(leaf)), facts));
  // An authority that nobody here trusts vouches for nothing, pinned or not.
  const mail::TlsFacts untrusted = meet_server({{leaf, root}, {}}, none, *client());
  BOOST_TEST(!met(pin("authority", certificate_bytes(root)), untrusted));
}

BOOST_AUTO_TEST_SUITE_END()
