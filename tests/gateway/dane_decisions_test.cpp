// shared/cases/tls/dane-decisions.jsonl, row by row: from what the DNS said to what a session must be (RFC 7672 §2).
#include <boost/test/unit_test.hpp>

#include "discovery/dane.hpp"
#include "policy/delivery.hpp"
#include "tests/discovery/scripted.hpp"
#include "tests/support/shared.hpp"

namespace {

using namespace postern;
using discovery::DnsStatus;
using discovery::RecordType;

const std::string domain = "lab.example", mx = "mx.lab.example", target = "host.cloud.example";
const std::string usable = "3 1 1 " + std::string(64, 'a'), unusable = "3 1 1 abcd",
                  pkix = "1 1 1 " + std::string(64, 'a');

struct Case {
  discovery::TableResolver dns;
  discovery::CountingRandom random;

  void answer(const std::string& name, RecordType type, DnsStatus status, std::vector<std::string> values = {},
              const std::string& canonical = {}) {
    discovery::DnsAnswer& made = dns.at(name, type);
    made.status = status;
    made.canonical = canonical.empty() ? name : canonical;
    for (std::string& value : values)
      made.records.push_back({type, 300, 10, std::move(value)});
  }
  void fail(const std::string& name, RecordType type, const std::string& how) {
    dns.fails(name, type, how == "bogus" ? DnsStatus::bogus : DnsStatus::failed);
  }

  void set_mx(const std::string& text) {
    if (text.starts_with("fail:")) return fail(domain, RecordType::mx, text.substr(5));
    const bool implicit = text.contains("implicit");
    answer(domain, RecordType::mx, text.starts_with("secure") ? DnsStatus::secure : DnsStatus::insecure,
           implicit ? std::vector<std::string>{} : std::vector{mx});
    host = implicit ? domain : mx;
  }
  void set_addresses(const std::string& text) {
    const DnsStatus status = text.starts_with("secure") ? DnsStatus::secure : DnsStatus::insecure;
    const std::string canonical = text.contains("CNAME") ? target : host;
    answer(host, RecordType::aaaa, status, {}, canonical);
    answer(host, RecordType::a, status, {"192.0.2.1"}, canonical);
  }
  void set_tlsa(const std::string& text) {
    const std::string name = discovery::tlsa_name(host, 25);
    if (text.starts_with("fail:")) return fail(name, RecordType::tlsa, text.substr(5));
    if (text.starts_with("not-queried")) {
      must_not_be_asked = name;
      return fail(name, RecordType::tlsa, "servfail");
    }
    if (text == "insecure") return answer(name, RecordType::tlsa, DnsStatus::insecure, {usable});
    if (text.contains("nodata")) return answer(name, RecordType::tlsa, DnsStatus::secure);
    if (text.contains("nxdomain")) {
      answer(name, RecordType::tlsa, DnsStatus::secure);
      dns.at(name, RecordType::tlsa).name_exists = false;
      dns.at(name, RecordType::tlsa).status = DnsStatus::secure;
      return;
    }
    if (text.contains("CNAME target")) {
      answer(discovery::tlsa_name(target, 25), RecordType::tlsa, DnsStatus::secure, {usable});
      return fail(name, RecordType::tlsa, "servfail");  // not reached: the target has some
    }
    if (text.contains("unusable-only")) return answer(name, RecordType::tlsa, DnsStatus::secure, {unusable});
    if (text.contains("PKIX")) return answer(name, RecordType::tlsa, DnsStatus::secure, {pkix, "0" + pkix.substr(1)});
    BOOST_REQUIRE(text.starts_with("secure:usable"));
    answer(name, RecordType::tlsa, DnsStatus::secure, {usable, unusable, pkix});
  }

  /// What mail that could go in the clear would do.
  mail::TlsRequirement requirement(mail::TlsLevel floor = mail::TlsLevel::opportunistic) {
    const auto found =
        test::run(discovery::find_mx(dns, *mail::Domain::parse(domain), {}, discovery::anywhere(), random));
    if (std::holds_alternative<discovery::LookupFailed>(found)) return mail::TlsRequirement::invalid();
    const auto& hosts = std::get<discovery::MxHosts>(found);
    security = test::run(discovery::find_dane(dns, discovery::dane_host(hosts.hosts.at(0), hosts, domain, 25)));
    return policy::require_tls(mail::TlsRelay{mail::FinalMx{}, mail::TlsRequirement::at(floor)}, {}, security,
                               *mail::Domain::parse(domain));
  }
  std::string action(const std::string& server) {
    const mail::TlsRequirement needed = requirement();
    if (security.host.empty()) return "defer";
    if (!needed.valid) return "skip-host";
    mail::TlsFacts shown;  // no STARTTLS
    if (server.contains("certificate")) {
      shown.version = mail::TlsVersion::tls1_3;
      shown.chain_valid = true;
      shown.names = {host};
    }
    if (!server.empty() && !mail::meets(needed, shown)) return "skip-host";
    switch (needed.level) {
      case mail::TlsLevel::dane: return "dane";
      case mail::TlsLevel::encrypted: return "mandatory-tls-unauthenticated";
      case mail::TlsLevel::opportunistic: return "opportunistic";
      default: return "unexpected";
    }
  }

  std::string host, must_not_be_asked;
  mail::HostSecurity security;
};

std::string text_at(const boost::json::object& row, const char* key) {
  const auto* value = row.if_contains(key);
  return value == nullptr ? "" : std::string(value->get_string());
}

BOOST_AUTO_TEST_SUITE(dane_decisions)

BOOST_AUTO_TEST_CASE(every_row_has_its_action) {
  const auto rows = test::shared_case_rows("tls/dane-decisions.jsonl");
  BOOST_REQUIRE(rows.size() == 17U);
  for (const boost::json::object& row : rows) {
    BOOST_TEST_CONTEXT(boost::json::serialize(row)) {
      Case one;
      one.set_mx(text_at(row, "mx"));
      if (text_at(row, "addr") != "-") one.set_addresses(text_at(row, "addr"));
      if (text_at(row, "tlsa") != "-") one.set_tlsa(text_at(row, "tlsa"));
      BOOST_TEST(one.action(text_at(row, "server")) == text_at(row, "action"));
      BOOST_TEST(std::ranges::count(one.dns.asked, one.must_not_be_asked) == 0);
    }
  }
}

// RFC 7672 §2.2.3: no records at the end of the aliases, then those at the name itself.
BOOST_AUTO_TEST_CASE(the_name_itself_is_asked_where_the_target_of_its_alias_has_no_records) {
  Case one;
  one.set_mx("secure");
  one.set_addresses("secure via CNAME");
  one.answer(discovery::tlsa_name(target, 25), RecordType::tlsa, DnsStatus::secure);
  one.answer(discovery::tlsa_name(mx, 25), RecordType::tlsa, DnsStatus::secure, {usable});
  BOOST_TEST(one.action("") == "dane");
  BOOST_TEST(one.security.dane.base == mx);
  one.fail(discovery::tlsa_name(target, 25), RecordType::tlsa, "servfail");
  BOOST_TEST(one.action("") == "skip-host");
}

// RFC 7672 §2.2.2: a signed alias to an unsigned name.
BOOST_AUTO_TEST_CASE(a_secure_alias_to_insecure_addresses_has_its_own_records) {
  Case one;
  one.set_mx("secure");
  one.set_addresses("insecure via CNAME");
  one.answer(mx, RecordType::cname, DnsStatus::secure, {target});
  one.answer(discovery::tlsa_name(mx, 25), RecordType::tlsa, DnsStatus::secure, {usable});
  BOOST_TEST(one.action("") == "dane");
  BOOST_TEST(one.security.dane.base == mx);
  one.answer(mx, RecordType::cname, DnsStatus::insecure, {target});
  BOOST_TEST(one.action("") == "opportunistic");
  one.fail(mx, RecordType::cname, "bogus");
  BOOST_TEST(one.action("") == "skip-host");
}

BOOST_AUTO_TEST_CASE(records_that_cannot_be_matched_promise_tls_and_vouch_for_nobody) {
  Case one;
  one.set_mx("secure");
  one.set_addresses("secure");
  one.set_tlsa("secure:unusable-only");
  mail::TlsFacts anybody;
  anybody.version = mail::TlsVersion::tls1_3;
  BOOST_TEST(mail::meets(one.requirement(), anybody));
  BOOST_TEST(!mail::meets(one.requirement(), mail::TlsFacts{}));
  const mail::TlsRequirement verified = one.requirement(mail::TlsLevel::verified);
  BOOST_TEST((verified.level == mail::TlsLevel::verified));
  BOOST_TEST(!mail::meets(verified, anybody));
  BOOST_TEST(!mail::meets(one.requirement(mail::TlsLevel::dane), anybody));
}

BOOST_AUTO_TEST_CASE(usable_records_outrank_every_floor_and_are_a_promise) {
  Case one;
  one.set_mx("secure");
  one.set_addresses("secure");
  one.set_tlsa("secure:usable");
  for (const mail::TlsLevel floor : {mail::TlsLevel::none, mail::TlsLevel::encrypted, mail::TlsLevel::verified,
                                     mail::TlsLevel::secure, mail::TlsLevel::dane}) {
    const mail::TlsRequirement needed = one.requirement(floor);
    BOOST_TEST((needed.level == mail::TlsLevel::dane));
    BOOST_TEST(needed.promised);
    BOOST_TEST(needed.tlsa.size() == 1U);
    BOOST_TEST(needed.tlsa_base == mx);
    BOOST_TEST(needed.tlsa_names == std::set<std::string>{domain}, boost::test_tools::per_element());
    BOOST_TEST(needed.names.empty());
  }
}

BOOST_AUTO_TEST_CASE(each_look_up_stays_as_evidence) {
  Case one;
  one.set_mx("secure");
  one.set_addresses("secure");
  one.set_tlsa("secure:usable");
  (void)one.requirement();
  BOOST_REQUIRE(one.security.evidence.size() == 1U);
  const auto& told = std::get<mail::DnsEvidence>(one.security.evidence[0]);
  BOOST_TEST(told.owner == "_25._tcp.mx.lab.example");
  BOOST_TEST(told.type == "TLSA");
  BOOST_TEST((told.status == DnsStatus::secure));
  BOOST_TEST(told.answer.starts_with("3 1 1 aaaa"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
