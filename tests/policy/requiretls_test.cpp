// REQUIRETLS and "TLS-Required: No" (RFC 8689): which ways are left, and what a host must show.
#include <boost/test/unit_test.hpp>

#include "policy/delivery.hpp"

namespace {

using namespace postern;
using mail::TlsLevel;
using mail::TlsRequirement;

const mail::Domain lab = *mail::Domain::parse("lab.example");

mail::Capabilities all_capable(mail::Hop hop = mail::FinalMx{}) {
  mail::Capabilities capabilities;
  capabilities.hop = std::move(hop);
  capabilities.smime = capabilities.openpgp = capabilities.portal = true;
  return capabilities;
}
mail::Verdict verdict_of(mail::Action action) {
  mail::Verdict verdict;
  verdict.action = action;
  verdict.methods = mail::MethodSet::all();
  return verdict;
}
mail::Ladder rungs(mail::Action action, bool portal_is_final = false) {
  return policy::with_requiretls(policy::ladder(verdict_of(action), all_capable(), {}), portal_is_final);
}
std::vector<std::string> words(const mail::Ladder& ladder) {
  std::vector<std::string> all;
  for (const mail::Route& route : ladder)
    all.push_back(mail::format_route(route));
  return all;
}

mail::Route rung_with_requiretls(TlsRequirement floor = TlsRequirement::at(TlsLevel::opportunistic),
                                 mail::Hop hop = mail::FinalMx{}) {
  return policy::with_requiretls({mail::TlsRelay{std::move(hop), std::move(floor)}}).front();
}
mail::HostSecurity host(bool name_secure, mail::DaneState dane = mail::DaneState::absent) {
  mail::HostSecurity security{"mx.lab.example", {}, {}};
  security.name_secure = name_secure;
  security.dane.state = dane;
  if (dane == mail::DaneState::usable) security.dane.records = {{3, 1, 1, std::string(32, 'a')}};
  return security;
}
mail::DomainSecurity sts(mail::StsMode mode) {
  mail::DomainSecurity domain;
  domain.sts.state = mail::StsState::known;
  domain.sts.policy = {mode, {"*.lab.example"}, std::chrono::seconds(86'400)};
  return domain;
}
TlsRequirement required(const mail::DomainSecurity& domain, const mail::HostSecurity& security) {
  return policy::require_tls(rung_with_requiretls(), domain, security, lab);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(requiretls)

BOOST_AUTO_TEST_CASE(it_restricts_every_rung_sealed_ones_too_and_below_them_the_mail_goes_back) {
  const std::vector<std::string> protected_mail = {"verified TLS to the recipient's server, with REQUIRETLS",
                                                   "S/MIME to the recipient's server, with REQUIRETLS",
                                                   "OpenPGP to the recipient's server, with REQUIRETLS", "refuse"};
  BOOST_TEST(words(rungs(mail::Action::protect)) == protected_mail, boost::test_tools::per_element());
  const std::vector<std::string> other = {"verified TLS to the recipient's server, with REQUIRETLS", "refuse"};
  BOOST_TEST(words(rungs(mail::Action::deliver)) == other, boost::test_tools::per_element());
  for (const mail::Route& route : rungs(mail::Action::protect)) {
    if (const mail::SmtpRung* rung = mail::smtp_rung(route)) BOOST_TEST((rung->floor.level >= TlsLevel::verified));
  }
}

BOOST_AUTO_TEST_CASE(a_portal_is_the_end_of_the_way_only_where_that_is_said) {
  BOOST_TEST(words(rungs(mail::Action::protect, true)).at(3) == "portal");
  BOOST_TEST(words(rungs(mail::Action::protect, true)).at(4) == "refuse");
}

BOOST_AUTO_TEST_CASE(what_policy_holds_or_refuses_stays_so) {
  for (const mail::Action action : {mail::Action::quarantine, mail::Action::refuse})
    BOOST_TEST((rungs(action) == policy::ladder(verdict_of(action), all_capable(), {})));
}

BOOST_AUTO_TEST_CASE(a_stricter_floor_stays) {
  const auto rung = std::get<mail::TlsRelay>(rung_with_requiretls(TlsRequirement::at(TlsLevel::dane)));
  BOOST_TEST((rung.floor.level == TlsLevel::dane));
  BOOST_TEST(rung.floor.requiretls);
}

BOOST_AUTO_TEST_CASE(the_host_must_be_named_by_dnssec_or_mta_sts_or_have_the_domains_own_certificate) {  // §4.2.1
  const TlsRequirement by_dnssec = required({}, host(true));
  BOOST_TEST((by_dnssec.level == TlsLevel::verified));
  BOOST_TEST((by_dnssec.names == std::set<std::string>{"mx.lab.example"}));

  const TlsRequirement by_dane = required({}, host(true, mail::DaneState::usable));
  BOOST_TEST((by_dane.level == TlsLevel::dane));

  const TlsRequirement by_policy = required(sts(mail::StsMode::enforce), host(false));
  BOOST_TEST((by_policy.level == TlsLevel::mta_sts));
  BOOST_TEST((by_policy.names == std::set<std::string>{"mx.lab.example"}));

  for (const mail::StsMode mode : {mail::StsMode::none, mail::StsMode::testing}) {
    const TlsRequirement by_nobody = required(sts(mode), host(false));
    BOOST_TEST((by_nobody.level == TlsLevel::secure));
    BOOST_TEST((by_nobody.names == std::set<std::string>{"lab.example"}));
  }
  const TlsRequirement relayed = policy::require_tls(rung_with_requiretls({}, mail::Relay{"smart.example", 25, false}),
                                                     {}, {"smart.example", {}, {}}, lab);
  BOOST_TEST((relayed.level == TlsLevel::verified));
  BOOST_TEST((relayed.names == std::set<std::string>{"smart.example"}));
}

BOOST_AUTO_TEST_CASE(every_session_that_is_good_enough_announces_it) {
  mail::TlsFacts best;
  best.version = mail::TlsVersion::tls1_3;
  best.chain_valid = true;
  best.names = {"mx.lab.example", "lab.example"};
  for (const mail::DomainSecurity& domain : {mail::DomainSecurity{}, sts(mail::StsMode::enforce)}) {
    for (const bool secure : {false, true}) {
      best.requiretls = false;
      BOOST_TEST(mail::unmet(required(domain, host(secure)), best) == "the server does not offer REQUIRETLS");
      best.requiretls = true;
      BOOST_TEST(mail::unmet(required(domain, host(secure)), best) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_notice_goes_back_under_the_same_duty_and_else_in_tls) {  // §5
  const mail::Ladder ladder =
      policy::notice_with_requiretls({mail::TlsRelay{mail::FinalMx{}, TlsRequirement::at(TlsLevel::opportunistic)}});
  const std::vector<std::string> expected = {"verified TLS to the recipient's server, with REQUIRETLS",
                                             "encrypted TLS to the recipient's server", "hold (no-rung)"};
  BOOST_TEST(words(ladder) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tls_required_no_is_of_mail_that_needs_no_protection_and_beats_no_configured_promise) {  // §4.2.2
  for (const mail::Action action :
       {mail::Action::deliver, mail::Action::protect, mail::Action::quarantine, mail::Action::refuse}) {
    for (int level = 0; level <= static_cast<int>(TlsLevel::dane); ++level) {
      const TlsRequirement floor = TlsRequirement::at(static_cast<TlsLevel>(level));
      const bool disregarded = policy::disregards_promises(true, verdict_of(action), floor);
      BOOST_TEST(disregarded == (action == mail::Action::deliver && floor.level < TlsLevel::mta_sts));
      BOOST_TEST(!policy::disregards_promises(false, verdict_of(action), floor));
    }
  }
  TlsRequirement floor;
  floor.requiretls = true;
  BOOST_TEST(!policy::disregards_promises(true, verdict_of(mail::Action::deliver), floor));
}

BOOST_AUTO_TEST_SUITE_END()
