#include "policy/tls_report.hpp"

#include <boost/test/unit_test.hpp>

using namespace postern;
using namespace postern::policy;

namespace {

const mail::Domain lab = mail::Domain::parse("lab.example").value();

mail::HostSecurity mx1() {
  mail::HostSecurity host;
  host.host = "mx1.lab.example";
  return host;
}

mail::DomainSecurity with_policy(mail::StsMode mode, std::vector<std::string> mx = {"*.lab.example"}) {
  mail::DomainSecurity security;
  security.sts.state = mail::StsState::known;
  security.sts.policy = {mode, std::move(mx), std::chrono::seconds(604800)};
  return security;
}

mail::HostSecurity with_dane(mail::DaneState state) {
  mail::HostSecurity host = mx1();
  host.dane.state = state;
  host.dane.base = "mx1.lab.example";
  host.dane.reason = "why";
  if (state == mail::DaneState::usable) host.dane.records = {mail::parse_tlsa("3 1 1 " + std::string(64, 'a')).value()};
  return host;
}

mail::TlsFacts good_tls() {
  mail::TlsFacts tls;
  tls.version = mail::TlsVersion::tls1_3;
  tls.chain_valid = true;
  tls.names = {"mx1.lab.example"};
  return tls;
}

TlsAttempt opened(mail::TlsFacts tls) {
  TlsAttempt attempt{"192.0.2.1", "203.0.113.7", true};
  attempt.tls = std::move(tls);
  return attempt;
}

TlsAttempt ended(mail::Stage stage, mail::TlsFacts tls = {}) {
  TlsAttempt attempt{"192.0.2.1", "203.0.113.7", false, stage};
  attempt.reason = "the TLS handshake failed: alert";
  attempt.tls = std::move(tls);
  return attempt;
}

/// "sts lab.example ok", "tlsa mx1.lab.example certificate-expired"; several with ", " between.
std::string told(const std::vector<mail::ReportedSession>& sessions) {
  std::string text;
  for (const mail::ReportedSession& one : sessions) {
    constexpr std::array<std::string_view, 3> types = {"none", "sts", "tlsa"};
    text += (text.empty() ? "" : ", ") + std::string(types.at(static_cast<std::size_t>(one.policy.type))) + " " +
            one.policy.domain + " ";
    text += one.failure ? std::string(mail::format_tls_failure(one.failure->type)) : "ok";
    if (one.failure && !one.failure->reason.empty()) text += " (" + one.failure->reason + ")";
  }
  return text;
}

mail::TlsFacts chain_that_fails(const std::string& error) {
  mail::TlsFacts tls = good_tls();
  tls.chain_valid = false;
  tls.chain_error = error;
  return tls;
}

mail::TlsFacts for_another_host() {
  mail::TlsFacts tls = good_tls();
  tls.names = {"www.lab.example"};
  return tls;
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_a_policy_any_tls_is_well) {
  BOOST_TEST(told(report_session(lab, {}, mx1(), opened(good_tls()))) == "none lab.example ok");
  BOOST_TEST(told(report_session(lab, {}, mx1(), opened(chain_that_fails("self-signed certificate")))) ==
             "none lab.example ok");
}

BOOST_AUTO_TEST_CASE(a_session_in_the_clear_is_a_failure_to_offer_starttls) {
  BOOST_TEST(told(report_session(lab, {}, mx1(), opened({}))) == "none lab.example starttls-not-supported");
  BOOST_TEST(told(report_session(lab, with_policy(mail::StsMode::enforce), mx1(), ended(mail::Stage::starttls))) ==
             "sts lab.example starttls-not-supported");
  BOOST_TEST(told(report_session(lab, {}, with_dane(mail::DaneState::usable), ended(mail::Stage::requirement))) ==
             "tlsa mx1.lab.example starttls-not-supported");
}

BOOST_AUTO_TEST_CASE(what_says_nothing_about_tls_does_not_count) {
  BOOST_TEST(told(report_session(lab, {}, mx1(), ended(mail::Stage::connect))).empty());
  BOOST_TEST(told(report_session(lab, {}, mx1(), ended(mail::Stage::greeting))).empty());
  BOOST_TEST(told(report_session(lab, {}, mx1(), ended(mail::Stage::ehlo))).empty());
  BOOST_TEST(told(report_session(lab, {}, mx1(), ended(mail::Stage::ehlo, good_tls()))).empty());
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_speak_esmtp_cannot_be_asked_for_tls) {
  TlsAttempt attempt = ended(mail::Stage::ehlo);
  attempt.lesson = mail::TlsLesson::promise_broken;
  BOOST_TEST(told(report_session(lab, with_policy(mail::StsMode::enforce), mx1(), attempt)) ==
             "sts lab.example starttls-not-supported");
}

BOOST_AUTO_TEST_CASE(certificates_against_mta_sts) {
  for (const auto mode : {mail::StsMode::enforce, mail::StsMode::testing}) {
    const mail::DomainSecurity sts = with_policy(mode);
    const auto with = [&](mail::TlsFacts tls) { return told(report_session(lab, sts, mx1(), opened(std::move(tls)))); };
    BOOST_TEST(with(good_tls()) == "sts lab.example ok");
    BOOST_TEST(with(for_another_host()) == "sts lab.example certificate-host-mismatch");
    BOOST_TEST(with(chain_that_fails("certificate has expired")) == "sts lab.example certificate-expired");
    BOOST_TEST(with(chain_that_fails("self-signed certificate")) ==
               "sts lab.example certificate-not-trusted (self-signed certificate)");
  }
}

BOOST_AUTO_TEST_CASE(a_handshake_that_fails_is_told_with_its_reason) {
  BOOST_TEST(told(report_session(lab, with_policy(mail::StsMode::enforce), mx1(), ended(mail::Stage::handshake))) ==
             "sts lab.example validation-failure (the TLS handshake failed: alert)");
}

BOOST_AUTO_TEST_CASE(certificates_against_dane) {
  mail::TlsFacts matched = good_tls(), unmatched = good_tls();
  matched.tlsa = mail::parse_tlsa("3 1 1 " + std::string(64, 'a')).value();
  unmatched.dane_error = "no matching DANE TLSA records";
  const mail::HostSecurity dane = with_dane(mail::DaneState::usable);
  BOOST_TEST(told(report_session(lab, {}, dane, opened(matched))) == "tlsa mx1.lab.example ok");
  BOOST_TEST(told(report_session(lab, {}, dane, ended(mail::Stage::requirement, unmatched))) ==
             "tlsa mx1.lab.example certificate-not-trusted (no matching DANE TLSA records)");
}

BOOST_AUTO_TEST_CASE(records_that_nobody_can_match_are_invalid_though_mail_leaves) {
  BOOST_TEST(told(report_session(lab, {}, with_dane(mail::DaneState::unusable), opened(good_tls()))) ==
             "tlsa mx1.lab.example tlsa-invalid (why)");
}

BOOST_AUTO_TEST_CASE(dane_stands_above_mta_sts_and_one_session_counts_once) {
  mail::TlsFacts matched = for_another_host();
  matched.tlsa = mail::parse_tlsa("3 1 1 " + std::string(64, 'a')).value();
  BOOST_TEST(told(report_session(lab, with_policy(mail::StsMode::enforce), with_dane(mail::DaneState::usable),
                                 opened(matched))) == "tlsa mx1.lab.example ok");
}

BOOST_AUTO_TEST_CASE(a_policy_that_cannot_be_fetched_is_told_beside_the_session) {
  mail::DomainSecurity unfetched;
  unfetched.sts.state = mail::StsState::unfetched;
  unfetched.sts.reason = "no answer in time";
  BOOST_TEST(told(report_session(lab, unfetched, mx1(), opened(good_tls()))) ==
             "sts lab.example sts-policy-fetch-error (no answer in time), none lab.example ok");
}

BOOST_AUTO_TEST_CASE(hosts_that_must_not_be_asked) {
  BOOST_TEST(told(report_ruled_out(lab, {}, with_dane(mail::DaneState::failed))) ==
             "tlsa mx1.lab.example dnssec-invalid (why)");
  BOOST_TEST(told(report_ruled_out(lab, with_policy(mail::StsMode::enforce, {"mx9.lab.example"}), mx1())) ==
             "sts lab.example validation-failure (mx-mismatch)");
  BOOST_TEST(told(report_ruled_out(lab, with_policy(mail::StsMode::testing, {"mx9.lab.example"}), mx1())).empty());
  BOOST_TEST(told(report_ruled_out(lab, {}, mx1())).empty());  // DANE or MTA-STS is our own demand
}

BOOST_AUTO_TEST_CASE(the_policy_is_told_as_it_was_applied) {
  const auto sts = report_session(lab, with_policy(mail::StsMode::testing), mx1(), opened(good_tls())).front().policy;
  const std::vector<std::string> lines = {"version: STSv1", "mode: testing", "mx: *.lab.example", "max_age: 604800"};
  BOOST_TEST(sts.strings == lines, boost::test_tools::per_element());
  BOOST_TEST(sts.mx == std::vector<std::string>{"*.lab.example"}, boost::test_tools::per_element());
  const auto dane = report_session(lab, {}, with_dane(mail::DaneState::usable), opened({})).front().policy;
  BOOST_TEST(dane.strings == std::vector<std::string>{"3 1 1 " + std::string(64, 'a')},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_failure_names_both_ends) {
  const auto session = report_session(lab, {}, mx1(), opened({})).front();
  BOOST_TEST(session.failure->sending_ip == "192.0.2.1");
  BOOST_TEST(session.failure->receiving_ip == "203.0.113.7");
  BOOST_TEST(session.failure->host == "mx1.lab.example");
}
