#include "audit/tls_report.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace postern;

namespace {

audit::TlsReport report() {
  audit::TlsReport report;
  report.organization = "Clinic";
  report.contact = "tls-reports@clinic.example";
  report.id = "0123456789ABCDEF";
  report.begin = std::chrono::sys_days(std::chrono::days(20'000));
  report.end = report.begin + std::chrono::hours(24) - std::chrono::seconds(1);
  report.domain = "lab.example";
  const mail::ReportedPolicy policy{mail::ReportedPolicy::Type::sts,
                                    {"version: STSv1", "mode: testing", "mx: *.lab.example", "max_age: 86400"},
                                    "lab.example",
                                    {"*.lab.example"}};
  report.tally[policy].successful = 5326;
  report.tally[policy]
      .failed[{mail::TlsFailureType::certificate_expired, "192.0.2.1", "mx1.lab.example", "203.0.113.7", ""}] = 100;
  return report;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_tls_report_has_the_form_of_rfc_8460) {
  const auto expected = boost::json::parse(R"({
    "organization-name": "Clinic",
    "date-range": {"start-datetime": "2024-10-04T00:00:00Z", "end-datetime": "2024-10-04T23:59:59Z"},
    "contact-info": "tls-reports@clinic.example",
    "report-id": "0123456789ABCDEF",
    "policies": [{
      "policy": {
        "policy-type": "sts",
        "policy-string": ["version: STSv1", "mode: testing", "mx: *.lab.example", "max_age: 86400"],
        "policy-domain": "lab.example",
        "mx-host": ["*.lab.example"]
      },
      "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 100},
      "failure-details": [{
        "result-type": "certificate-expired",
        "sending-mta-ip": "192.0.2.1",
        "receiving-mx-hostname": "mx1.lab.example",
        "receiving-ip": "203.0.113.7",
        "failed-session-count": 100
      }]
    }]
  })");
  BOOST_TEST((boost::json::parse(audit::format_tls_report(report())) == expected));
}

BOOST_AUTO_TEST_CASE(its_file_is_named_by_both_sides_and_the_day) {
  BOOST_TEST(audit::tls_report_filename(report(), "gw.clinic.example") ==
             "gw.clinic.example!lab.example!1728000000!1728086399!0123456789ABCDEF.json.gz");
}
