// Which certificate, and of each other one why not: a table for the reasons, then one test a preference.
#include "crypto/certificate_choice.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/err.h>

#include "tests/support/mail_pki.hpp"

namespace {

using namespace postern;
using namespace postern::test;
using crypto::Anchors;
using crypto::CertificateCandidate;
using crypto::CertificateChoice;
using crypto::ChoiceRules;
using crypto::RevocationStatus;
using crypto::Trust;
using crypto::Unfit;

const std::string bob = "bob@lab.example";
const Time now = SystemClock().now();

const MailPki& root() {
  static const MailPki made = mail_authority("root");
  return made;
}
const Anchors& anchors() {
  static const Anchors made({root().certificate});
  return made;
}
mail::Address address(const std::string& text) {
  return *mail::Address::parse(text);
}

CertificateCandidate candidate(const MailWanted& wanted, const MailPki* issuer = &root()) {
  return {.certificate = reread(issue_mail(issuer, wanted).certificate), .revocation = RevocationStatus::good};
}
CertificateChoice choose(const std::vector<CertificateCandidate>& all, ChoiceRules rules = {}) {
  if (rules.now == Time{}) rules.now = now;
  return crypto::choose_recipient(all, address(bob), anchors(), rules);
}
CertificateChoice choose_to_sign(const std::vector<CertificateCandidate>& all, const Anchors& partner = anchors()) {
  return crypto::choose_signer(all, address(bob), partner, {.now = now});
}
std::string outcome(const CertificateChoice& choice) {
  if (choice.chosen) return "chosen: " + choice.evidence;
  if (choice.rejected.size() != 1) return "several";
  return std::string(crypto::format_unfit(choice.rejected[0].why)) + ": " + choice.rejected[0].text;
}

struct Case {
  const char* name;
  MailWanted wanted;
  std::string encrypting, signing;  // how `outcome` begins
};

const std::string good = "chosen: verified, names the address";

BOOST_AUTO_TEST_SUITE(certificate_choice)

BOOST_AUTO_TEST_CASE(each_certificate_and_its_answer) {
  const Case cases[] = {
      {"a good one", {.addresses = {bob}}, good, good},
      {"RSA", {.addresses = {bob}, .key = "rsa2048"}, good, good},
      {"P-384", {.addresses = {bob}, .key = "p384"}, good, good},
      {"another case", {.addresses = {"Bob@LAB.example"}}, good, good},
      {"among several addresses", {.addresses = {"b@x.example", bob}}, good, good},
      {"as SmtpUTF8Mailbox", {.utf8_mailbox = bob}, good, good},
      {"someone else's", {.addresses = {"eve@lab.example"}}, "other-address: ", "other-address: "},
      {"another domain's", {.addresses = {"bob@lab.example.evil.example"}}, "other-address: ", "other-address: "},
      {"an address with an octet behind NUL",
       {.addresses = {std::string("bob@lab.example\0.evil.example", 29)}},
       "other-address: ",
       "other-address: "},
      {"no address at all", {}, "other-address: ", "other-address: "},
      {"the address in the subject",
       {.subject_address = bob},
       "chosen: verified, names the address in its subject",
       "other-address: "},
      {"in the subject, with others in the alternative names",
       {.addresses = {"b@x.example"}, .subject_address = bob},
       "other-address: ",
       "other-address: "},
      {"expired", {.addresses = {bob}, .from_days = -30, .to_days = -1}, "expired: expired on 20", "expired: "},
      {"not yet valid", {.addresses = {bob}, .from_days = 1}, "not-yet-valid: not valid before 20", "not-yet-valid: "},
      {"a server's", {.addresses = {bob}, .purpose = "serverAuth,clientAuth"}, "purpose: ", "purpose: "},
      {"every purpose", {.addresses = {bob}, .purpose = "anyExtendedKeyUsage"}, good, good},
      {"no purpose named", {.addresses = {bob}, .purpose = ""}, good, good},
      {"among other purposes", {.addresses = {bob}, .purpose = "clientAuth,emailProtection"}, good, good},
      {"curve for agreement",
       {.addresses = {bob}, .usage = "critical,keyAgreement"},
       good,
       "usage: its key usage is without digitalSignature"},
      {"curve for signing",
       {.addresses = {bob}, .usage = "critical,digitalSignature"},
       "usage: its key usage is without keyAgreement",
       good},
      {"curve for encipherment",
       {.addresses = {bob}, .usage = "critical,keyEncipherment"},
       "usage: its key usage is without keyAgreement",
       "usage: "},
      {"RSA for encipherment",
       {.addresses = {bob}, .key = "rsa2048", .usage = "critical,keyEncipherment"},
       good,
       "usage: "},
      {"RSA for signing",
       {.addresses = {bob}, .key = "rsa2048", .usage = "critical,digitalSignature"},
       "usage: its key usage is without keyEncipherment",
       good},
      {"RSA for non-repudiation",
       {.addresses = {bob}, .key = "rsa2048", .usage = "critical,nonRepudiation"},
       "usage: ",
       good},
      {"short RSA", {.addresses = {bob}, .key = "rsa1024"}, "weak-key: its RSA key has 1024 bits", "weak-key: "},
      {"RSA for OAEP", {.addresses = {bob}, .key = "rsa-oaep"}, "chain: OpenSSL follows no chain", "algorithm: "},
      {"RSA for PSS", {.addresses = {bob}, .key = "rsa-pss"}, "algorithm: its RSA key is for RSASSA-PSS", good},
      {"Ed25519", {.addresses = {bob}, .key = "ed25519"}, "algorithm: its Ed25519 key only signs", "algorithm: "},
      {"X25519", {.addresses = {bob}, .key = "x25519"}, "algorithm: its key is X25519", "algorithm: "},
      {"signed by SHA-1", {.addresses = {bob}, .digest = "SHA1"}, "chain: ", "chain: "},
      {"an unknown critical extension",
       {.addresses = {bob}, .more = {{NID_netscape_comment, "critical,x"}}},
       "chain: unhandled critical extension",
       "chain: "},
  };
  for (const Case& one : cases) {
    const CertificateCandidate known = candidate(one.wanted);
    const std::string to = outcome(choose({known})), by = outcome(choose_to_sign({known}));
    BOOST_TEST(to.starts_with(one.encrypting), one.name << ", to encrypt: " << to);
    BOOST_TEST(by.starts_with(one.signing), one.name << ", to sign: " << by);
  }
  BOOST_TEST(ERR_peek_error() == 0UL);
}

BOOST_AUTO_TEST_CASE(the_subject_may_be_told_not_to_count) {
  const auto choice = choose({candidate({.subject_address = bob})}, {.subject_addresses = false});
  BOOST_TEST(outcome(choice).starts_with("other-address"));
}

BOOST_AUTO_TEST_SUITE(trust)

BOOST_AUTO_TEST_CASE(what_an_administrator_refused_or_has_not_approved_is_not_used) {
  CertificateCandidate known = candidate({.addresses = {bob}});
  known.trust = Trust::refused;
  BOOST_TEST(outcome(choose({known})).starts_with("refused"));
  known.trust = Trust::verified;
  known.awaits_approval = true;
  BOOST_TEST(outcome(choose({known})).starts_with("awaits-approval"));
}

BOOST_AUTO_TEST_CASE(without_a_chain_a_pin_or_another_proof_is_needed) {
  CertificateCandidate known = candidate({.addresses = {bob}}, nullptr);
  BOOST_TEST(outcome(choose({known})).starts_with("chain: self-signed certificate"));
  BOOST_TEST(outcome(choose({known}, {.use_found = true})) == "chosen: found, names the address");
  known.trust = Trust::verified;  // once; but now nothing bears it out
  BOOST_TEST(outcome(choose({known})).starts_with("chain"));
  known.bound_elsewhere = true;
  BOOST_TEST(outcome(choose({known})) == "chosen: verified, names the address");
  known.bound_elsewhere = false;
  known.trust = Trust::pinned;
  BOOST_TEST(outcome(choose({known})) == "chosen: pinned, names the address");
}

BOOST_AUTO_TEST_CASE(a_pin_excuses_from_the_chain_and_from_nothing_else) {
  const std::pair<MailWanted, const char*> wrong[] = {
      {{.addresses = {bob}, .from_days = -3, .to_days = -1}, "expired"},
      {{.addresses = {"eve@lab.example"}}, "other-address"},
      {{.addresses = {bob}, .purpose = "serverAuth"}, "purpose"},
      {{.addresses = {bob}, .usage = "digitalSignature"}, "usage"},
      {{.addresses = {bob}, .key = "rsa1024"}, "weak-key"},
  };
  for (const auto& [wanted, why] : wrong) {
    CertificateCandidate known = candidate(wanted, nullptr);
    known.trust = Trust::pinned;
    BOOST_TEST(outcome(choose({known})).starts_with(why), why);
  }
}

BOOST_AUTO_TEST_CASE(a_key_for_oaep_alone_is_used_where_it_is_pinned) {
  CertificateCandidate known = candidate({.addresses = {bob}, .key = "rsa-oaep"});
  known.trust = Trust::pinned;
  BOOST_TEST(outcome(choose({known})) == "chosen: pinned, names the address");
}

BOOST_AUTO_TEST_CASE(a_certificate_of_a_whole_domain_is_used_where_an_administrator_tied_it) {
  CertificateCandidate gateway = candidate({.addresses = {"domain-confidentiality-authority@lab.example"}});
  gateway.tied = true;
  BOOST_TEST(outcome(choose({gateway})).starts_with("other-address"));  // somebody's word, but no administrator's
  gateway.trust = Trust::pinned;
  BOOST_TEST(outcome(choose({gateway})) == "chosen: pinned, tied to the address by an administrator");
  BOOST_TEST(outcome(choose_to_sign({gateway})).starts_with("other-address"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(revocation)

BOOST_AUTO_TEST_CASE(revoked_is_not_used_whoever_vouches_for_it) {
  CertificateCandidate known = candidate({.addresses = {bob}});
  known.revocation = RevocationStatus::revoked;
  for (const Trust trust : {Trust::found, Trust::verified, Trust::pinned}) {
    known.trust = trust;
    BOOST_TEST(outcome(choose({known}, {.use_found = true, .use_unknown = true})).starts_with("revoked"));
  }
}

BOOST_AUTO_TEST_CASE(unknown_is_what_the_rules_say) {
  CertificateCandidate known = candidate({.addresses = {bob}});
  known.revocation = RevocationStatus::unknown;
  BOOST_TEST(outcome(choose({known})).starts_with("revocation-unknown"));
  BOOST_TEST(outcome(choose({known}, {.use_unknown = true})) == good);
  known.trust = Trust::pinned;
  BOOST_TEST(outcome(choose({known})).starts_with("revocation-unknown"));
}

BOOST_AUTO_TEST_CASE(a_certificate_that_names_nobody_to_ask_is_used) {
  CertificateCandidate known = candidate({.addresses = {bob}});
  known.revocation = RevocationStatus::not_offered;
  BOOST_TEST(outcome(choose({known})) == good);
}

BOOST_AUTO_TEST_CASE(nobody_asked_is_unknown) {
  BOOST_TEST((CertificateCandidate{candidate({}).certificate}.revocation == RevocationStatus::unknown));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(chains)

BOOST_AUTO_TEST_CASE(through_an_intermediate_that_is_known) {
  const MailPki between = issue_mail(&root(), {.name = "between", .key = "p256/ca", .is_ca = true});
  const CertificateCandidate known = candidate({.addresses = {bob}}, &between);
  BOOST_TEST(outcome(choose({known})).starts_with("chain: unable to get local issuer certificate"));
  const Anchors both({root().certificate}, {between.certificate});
  const auto choice = crypto::choose_signer({known}, address(bob), both, {.now = now});
  BOOST_TEST(outcome(choice) == good);
  BOOST_REQUIRE(choice.chain.size() == 1U);  // without the leaf, and without the root: who trusts it has it
  BOOST_TEST(choice.chain[0].fingerprint() == between.certificate.fingerprint());
  // An intermediate authority as an anchor of its own.
  BOOST_TEST(outcome(crypto::choose_recipient({known}, address(bob), Anchors({between.certificate}), {.now = now})) ==
             good);
}

BOOST_AUTO_TEST_CASE(an_end_entity_issues_nothing) {
  const MailPki eve = issue_mail(&root(), {.addresses = {"eve@lab.example"}, .key = "p256/eve"});
  const CertificateCandidate known = candidate({.addresses = {bob}}, &eve);
  const Anchors with_eve({root().certificate}, {eve.certificate});
  BOOST_TEST(outcome(crypto::choose_recipient({known}, address(bob), with_eve, {.now = now})).starts_with("chain"));
}

BOOST_AUTO_TEST_CASE(an_authority_for_servers_alone_issues_nothing_for_mail) {
  for (const auto& [purpose, begins] :
       {std::pair("serverAuth", "chain"), {"emailProtection", "chosen"}, {"anyExtendedKeyUsage", "chosen"}}) {
    const MailPki between = issue_mail(
        &root(), {.name = "between", .key = "p256/ca", .is_ca = true, .more = {{NID_ext_key_usage, purpose}}});
    const Anchors both({root().certificate}, {between.certificate});
    const auto choice =
        crypto::choose_recipient({candidate({.addresses = {bob}}, &between)}, address(bob), both, {.now = now});
    BOOST_TEST(outcome(choice).starts_with(begins), purpose << ": " << outcome(choice));
  }
}

BOOST_AUTO_TEST_CASE(an_authority_of_another_domain_issues_nothing_for_this_one) {
  for (const auto& [domain, begins] :
       {std::pair("lab.example", "chosen"), {"other.example", "chain: permitted subtree violation"}}) {
    const MailPki between =
        issue_mail(&root(), {.name = "between",
                             .key = "p256/ca",
                             .is_ca = true,
                             .more = {{NID_name_constraints, std::string("critical,permitted;email:") + domain}}});
    const Anchors both({root().certificate}, {between.certificate});
    const auto choice =
        crypto::choose_recipient({candidate({.addresses = {bob}}, &between)}, address(bob), both, {.now = now});
    BOOST_TEST(outcome(choice).starts_with(begins), domain << ": " << outcome(choice));
  }
}

BOOST_AUTO_TEST_CASE(an_expired_root_ends_it) {
  const CertificateCandidate known = candidate({.addresses = {bob}, .to_days = 10'000});
  for (int again = 0; again < 2; ++again) {  // what was followed before is not believed for longer than it holds
    BOOST_TEST(outcome(choose({known})) == good);
    const auto choice = choose({known}, {.now = now + std::chrono::days(4000)});
    BOOST_TEST(outcome(choice).starts_with("chain: certificate has expired (at depth 1"), outcome(choice));
  }
}

BOOST_AUTO_TEST_CASE(a_signature_needs_a_root_that_the_partner_accepts_and_a_pin_is_none) {
  CertificateCandidate known = candidate({.addresses = {bob}});
  known.trust = Trust::pinned;
  const Anchors partner({mail_authority("the partner's").certificate});
  BOOST_TEST(
      outcome(choose_to_sign({known}, partner)).starts_with("chain: it leads to no root that the recipient accepts"));
  BOOST_TEST(outcome(choose_to_sign({known}, Anchors())).starts_with("chain"));
  BOOST_TEST(outcome(choose_to_sign({known})) == "chosen: pinned, names the address");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(preference)

std::size_t chosen(const std::vector<CertificateCandidate>& all, const ChoiceRules& rules = {}) {
  const auto choice = choose(all, rules);
  BOOST_TEST(choice.rejected.empty());
  BOOST_REQUIRE(choice.chosen.has_value());
  // The order in which they are given means nothing.
  const auto turned = choose({all.rbegin(), all.rend()}, rules);
  BOOST_TEST(*turned.chosen == all.size() - 1 - *choice.chosen);
  return *choice.chosen;
}
CertificateCandidate with(CertificateCandidate one, Trust trust) {
  one.trust = trust;
  return one;
}

BOOST_AUTO_TEST_CASE(pinned_before_verified_before_found) {
  const MailPki other = mail_authority("unknown");
  const auto found = candidate({.addresses = {bob}, .from_days = -1}, &other);
  const auto verified = candidate({.addresses = {bob}, .from_days = -2});
  const auto pinned = with(candidate({.subject_address = bob, .key = "p521", .from_days = -3}, &other), Trust::pinned);
  BOOST_TEST(chosen({found, verified, pinned}, {.use_found = true}) == 2U);
  BOOST_TEST(chosen({found, verified}, {.use_found = true}) == 1U);
}

BOOST_AUTO_TEST_CASE(then_the_alternative_names_before_the_subject_before_an_administrators_tie) {
  const auto alternative = with(candidate({.addresses = {bob}, .key = "p521", .from_days = -3}), Trust::pinned);
  const auto subject = with(candidate({.subject_address = bob, .from_days = -2}), Trust::pinned);
  auto tied = with(candidate({.addresses = {"x@lab.example"}}), Trust::pinned);
  tied.tied = true;
  BOOST_TEST(chosen({tied, subject, alternative}) == 2U);
  BOOST_TEST(chosen({tied, subject}) == 1U);
}

BOOST_AUTO_TEST_CASE(then_the_preferred_algorithm_then_the_newest) {
  const auto rsa = candidate({.addresses = {bob}, .key = "rsa2048", .from_days = -3});
  const auto p256 = candidate({.addresses = {bob}, .from_days = -2});
  const auto newer = candidate({.addresses = {bob}, .from_days = -1});
  BOOST_TEST(chosen({p256, newer, rsa}) == 2U);
  BOOST_TEST(chosen({p256, newer, rsa}, {.prefer = {crypto::KeyAlgorithm::p256}}) == 1U);
  BOOST_TEST(chosen({p256, newer}) == 1U);
}

BOOST_AUTO_TEST_CASE(none_is_no_choice) {
  BOOST_TEST(!choose({}).chosen.has_value());
}

BOOST_AUTO_TEST_CASE(each_one_that_was_not_good_enough_is_told) {
  const auto choice = choose({candidate({.addresses = {bob}, .from_days = -2, .to_days = -1}),
                              candidate({.addresses = {bob}}), candidate({})});
  BOOST_TEST(*choice.chosen == 1U);
  BOOST_REQUIRE(choice.rejected.size() == 2U);
  BOOST_TEST((choice.rejected[0].candidate == 0U && choice.rejected[0].why == Unfit::expired));
  BOOST_TEST((choice.rejected[1].candidate == 2U && choice.rejected[1].why == Unfit::other_address));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
