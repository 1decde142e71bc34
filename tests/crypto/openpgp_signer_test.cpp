#include "crypto/openpgp_signer.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using namespace postern::crypto;
using namespace std::chrono_literals;

const Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);

KeyRecord key(const std::string& fingerprint, const std::string& address, Time from = now - 24h) {
  KeyRecord record;
  record.kind = KeyKind::openpgp;
  record.fingerprint = fingerprint;
  record.addresses = {address};
  record.trust = Trust::pinned;
  record.not_before = from;
  return record;
}

std::string choice(const std::vector<KeyRecord>& ours, const std::vector<std::string>& pinned = {}) {
  const SignerChoice made = choose_signer(mail::Address::parse("Ann@clinic.example").value(), ours, pinned, now);
  return made.key ? made.key->fingerprint : made.why;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(openpgp_signer)

BOOST_AUTO_TEST_CASE(the_senders_own_key_comes_first) {
  BOOST_TEST(choice({key("d", "@clinic.example"), key("a", "ann@clinic.example")}, {"d"}) == "a");
}

BOOST_AUTO_TEST_CASE(the_domains_key_signs_only_where_the_partner_pinned_it) {
  BOOST_TEST(choice({key("d", "@clinic.example")}) == "the key of the sender's domain is not pinned by the partner");
  BOOST_TEST(choice({key("d", "@clinic.example")}, {"e"}) ==
             "the key of the sender's domain is not pinned by the partner");
  BOOST_TEST(choice({key("d", "@clinic.example")}, {"e", "d"}) == "d");
}

BOOST_AUTO_TEST_CASE(nobody_elses_key_signs) {
  const std::string none = "there is no OpenPGP key of the sender that holds";
  BOOST_TEST(choice({}) == none);
  BOOST_TEST(choice({key("b", "bob@clinic.example"), key("s", "@sub.clinic.example")}, {"b", "s"}) == none);
}

BOOST_AUTO_TEST_CASE(of_several_the_newest_that_holds) {
  KeyRecord revoked = key("r", "ann@clinic.example", now - 1h), expired = key("e", "ann@clinic.example", now - 2h),
            later = key("l", "ann@clinic.example", now + 1h), refused = key("f", "ann@clinic.example", now - 3h),
            certificate = key("c", "ann@clinic.example", now - 3h);
  revoked.revoked = now - 1min;
  expired.not_after = now;
  refused.trust = Trust::refused;
  certificate.kind = KeyKind::certificate;
  BOOST_TEST(choice({key("o", "ann@clinic.example", now - 48h), revoked, expired, later, refused, certificate,
                     key("n", "ann@clinic.example", now - 24h)}) == "n");
}

BOOST_AUTO_TEST_SUITE_END()
