// What an MTA-STS policy demands, with DANE beside it and without (RFC 8461 §2, §4, §5).
#include <boost/test/unit_test.hpp>

#include "policy/delivery.hpp"

namespace {

using namespace postern;
using mail::DaneState;
using mail::StsMode;
using mail::StsState;
using mail::TlsLesson;
using mail::TlsLevel;

const mail::Domain lab = *mail::Domain::parse("lab.example");
const std::string allowed = "mx1.lab.example", other = "mx.attacker.example";

mail::DomainSecurity with_policy(StsMode mode, std::vector<std::string> mx = {"*.lab.example"}) {
  mail::DomainSecurity domain;
  domain.sts.state = StsState::known;
  domain.sts.policy = {mode, std::move(mx), std::chrono::seconds(86'400)};
  return domain;
}
mail::DomainSecurity with_state(StsState state) {
  mail::DomainSecurity domain;
  domain.sts.state = state;
  domain.sts.reason = "as told";
  return domain;
}
mail::HostSecurity host(const std::string& name, DaneState dane = DaneState::absent) {
  mail::HostSecurity security{name, {}, {}};
  security.dane.state = dane;
  if (dane == DaneState::usable) security.dane.records = {{3, 1, 1, std::string(32, 'a')}};
  return security;
}
mail::TlsRequirement required(const mail::DomainSecurity& domain, const mail::HostSecurity& of,
                              const mail::TlsRequirement& floor = mail::TlsRequirement::at(TlsLevel::opportunistic),
                              const mail::Hop& hop = mail::FinalMx{}) {
  return policy::require_tls(mail::TlsRelay{hop, floor}, domain, of, lab);
}

/// A session with a trusted certificate for these names.
mail::TlsFacts shows(std::vector<std::string> names) {
  mail::TlsFacts facts;
  facts.version = mail::TlsVersion::tls1_3;
  facts.chain_valid = true;
  facts.names = std::move(names);
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sts)

BOOST_AUTO_TEST_CASE(an_enforced_policy_demands_a_trusted_certificate_for_the_host) {
  const mail::TlsRequirement needed = required(with_policy(StsMode::enforce), host(allowed));
  BOOST_TEST(needed.promised);
  BOOST_TEST((needed.level == TlsLevel::mta_sts));
  BOOST_TEST(mail::unmet(needed, shows({allowed})) == "");
  BOOST_TEST(mail::unmet(needed, shows({"*.lab.example"})) == "");
  BOOST_TEST(mail::unmet(needed, {}) == "the connection is not encrypted");
  BOOST_TEST(mail::unmet(needed, shows({"mx2.lab.example"})) == "the certificate is not for mx1.lab.example");
  BOOST_TEST(mail::unmet(needed, shows({"lab.example"})) == "the certificate is not for mx1.lab.example");
  mail::TlsFacts untrusted = shows({allowed});
  untrusted.chain_valid = false;
  BOOST_TEST(mail::unmet(needed, untrusted) == "the certificate is not trusted");
}

BOOST_AUTO_TEST_CASE(a_host_that_no_pattern_allows_gets_nothing_whatever_it_shows) {
  const mail::DomainSecurity domain = with_policy(StsMode::enforce);
  const mail::TlsRequirement needed = required(domain, host(other));
  BOOST_TEST(!mail::meets(needed, shows({other})));
  const auto out = policy::rule_out(needed, mail::FinalMx{}, domain, host(other));
  BOOST_TEST_REQUIRE(out.has_value());
  BOOST_TEST((out->lesson == TlsLesson::promise_broken));
  BOOST_TEST(out->reason == "the domain's MTA-STS policy does not allow mx.attacker.example");
  BOOST_TEST(!policy::rule_out(required(domain, host(allowed)), mail::FinalMx{}, domain, host(allowed)).has_value());
}

BOOST_AUTO_TEST_CASE(testing_none_and_no_policy_demand_nothing) {
  for (const mail::DomainSecurity& domain : {with_policy(StsMode::testing), with_policy(StsMode::none, {}),
                                             with_state(StsState::absent), with_state(StsState::unfetched)}) {
    const mail::TlsRequirement needed = required(domain, host(other));
    BOOST_TEST(mail::meets(needed, {}));
    BOOST_TEST(!needed.promised);
    BOOST_TEST(!policy::rule_out(needed, mail::FinalMx{}, domain, host(other)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(what_could_not_be_looked_up_is_not_absent) {
  const mail::DomainSecurity domain = with_state(StsState::failed);
  const mail::TlsRequirement needed = required(domain, host(allowed));
  BOOST_TEST(!mail::meets(needed, shows({allowed})));
  const auto out = policy::rule_out(needed, mail::FinalMx{}, domain, host(allowed));
  BOOST_TEST_REQUIRE(out.has_value());
  BOOST_TEST((out->lesson == TlsLesson::transient));
}

BOOST_AUTO_TEST_CASE(dane_outranks_the_policy_and_is_never_rescued_by_it) {
  mail::TlsFacts by_tlsa = shows({});
  by_tlsa.chain_valid = false;
  by_tlsa.tlsa = mail::TlsaRecord{3, 1, 1, std::string(32, 'a')};
  for (const std::string& name : {allowed, other}) {
    const mail::DomainSecurity domain = with_policy(StsMode::enforce);
    const mail::TlsRequirement needed = required(domain, host(name, DaneState::usable));
    BOOST_TEST(mail::unmet(needed, by_tlsa) == "");
    BOOST_TEST(!mail::meets(needed, shows({name})));  // the policy is content, the records are not
    BOOST_TEST(!policy::rule_out(needed, mail::FinalMx{}, domain, host(name, DaneState::usable)).has_value());
    BOOST_TEST(!mail::meets(required(domain, host(name, DaneState::failed)), shows({name})));
  }
  // Nor has a look-up of TXT that failed any say in it.
  BOOST_TEST(mail::meets(required(with_state(StsState::failed), host(allowed, DaneState::usable)), by_tlsa));
}

BOOST_AUTO_TEST_CASE(records_that_cannot_be_matched_leave_the_policy_in_force) {
  const auto needed = required(with_policy(StsMode::enforce), host(allowed, DaneState::unusable));
  BOOST_TEST(mail::meets(needed, shows({allowed})));
  BOOST_TEST(!mail::meets(needed, shows({other})));
  BOOST_TEST(!required(with_policy(StsMode::enforce), host(other, DaneState::unusable)).valid);
}

BOOST_AUTO_TEST_CASE(a_relay_is_no_host_of_the_domain) {
  const mail::Hop relay = mail::Relay{"smart.example", 25, true};
  for (const mail::DomainSecurity& domain : {with_policy(StsMode::enforce), with_state(StsState::failed)}) {
    const auto needed = required(domain, host("smart.example"), mail::TlsRequirement::at(TlsLevel::verified), relay);
    BOOST_TEST(mail::meets(needed, shows({"smart.example"})));
    BOOST_TEST(!policy::rule_out(needed, relay, domain, host("smart.example")).has_value());
  }
}

BOOST_AUTO_TEST_CASE(what_the_configuration_demands_stays_demanded) {
  mail::TlsRequirement floor = mail::TlsRequirement::at(TlsLevel::secure);
  floor.names = {"mail.partner.example"};
  floor.version = mail::TlsVersion::tls1_3;
  const auto needed = required(with_policy(StsMode::enforce), host(allowed), floor);
  BOOST_TEST(needed.valid);
  BOOST_TEST(!mail::meets(needed, shows({allowed})));
  BOOST_TEST(!mail::meets(needed, shows({"mail.partner.example"})));
  BOOST_TEST(mail::meets(needed, shows({allowed, "mail.partner.example"})));
}

BOOST_AUTO_TEST_CASE(a_floor_of_mta_sts_is_met_by_an_enforced_policy_or_dane_alone) {
  const auto floor = mail::TlsRequirement::at(TlsLevel::mta_sts);
  const auto lesson = [&](const mail::DomainSecurity& domain, DaneState dane = DaneState::absent) {
    const mail::HostSecurity of = host(allowed, dane);
    const auto out = policy::rule_out(required(domain, of, floor), mail::FinalMx{}, domain, of);
    return out ? out->lesson : TlsLesson::none;
  };
  BOOST_TEST((lesson(with_policy(StsMode::enforce)) == TlsLesson::none));
  BOOST_TEST((lesson(with_policy(StsMode::testing)) == TlsLesson::incapable));
  BOOST_TEST((lesson(with_state(StsState::absent)) == TlsLesson::incapable));
  BOOST_TEST((lesson(with_state(StsState::unfetched)) == TlsLesson::transient));
  BOOST_TEST((lesson(with_state(StsState::absent), DaneState::usable) == TlsLesson::none));
  BOOST_TEST(mail::meets(required(with_policy(StsMode::enforce), host(allowed), floor), shows({allowed})));
  BOOST_TEST(!mail::meets(required(with_policy(StsMode::testing), host(allowed), floor), shows({allowed})));
  BOOST_TEST(!mail::meets(required({}, host(allowed), floor), shows({allowed, "lab.example"})));
}

BOOST_AUTO_TEST_CASE(a_policy_in_testing_tells_what_it_would_have_stopped) {
  const mail::DomainSecurity domain = with_policy(StsMode::testing);
  BOOST_TEST(policy::unmet_in_testing(domain, host(allowed), shows({allowed})) == "");
  BOOST_TEST(policy::unmet_in_testing(domain, host(allowed), {}) == "the connection is not encrypted");
  BOOST_TEST(policy::unmet_in_testing(domain, host(other), shows({other})) ==
             "the policy does not allow mx.attacker.example");
  BOOST_TEST(policy::unmet_in_testing(domain, host(other, DaneState::usable), {}) == "");
  BOOST_TEST(policy::unmet_in_testing(with_policy(StsMode::enforce), host(other), {}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
