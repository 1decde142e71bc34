#include "mail/delivery_report.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using namespace postern::mail;

std::string report(const std::string& status, const std::string& type = "message/delivery-status") {
  return "From: <mailer-daemon@lab.example>\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"A.B/C\"\r\n\r\n"
         "This is a report.\r\n--A.B/C\r\nContent-Type: text/plain\r\n\r\nAction: "
         "delayed\r\n--A.B/C\r\nContent-Type: " +
         type + "\r\n\r\n" + status +
         "\r\n--A.B/C\r\nContent-Type: text/rfc822-headers\r\n\r\nAction: relayed\r\n--A.B/C--\r\n";
}
const std::string about = "Reporting-MTA: dns; mx.lab.example\r\nArrival-Date: x\r\n\r\n";

BOOST_AUTO_TEST_SUITE(delivery_report)

/// Postfix's, Exim's and Exchange's differ in the fields around these.
BOOST_AUTO_TEST_CASE(a_failure_with_its_code) {
  const auto read = parse_delivery_report(
      report(about + "Final-Recipient: rfc822; bob@lab.example\r\nAction: failed\r\nStatus: 5.1.1 (bad mailbox)\r\n"
                     "Diagnostic-Code: smtp; 550 5.1.1 no\r\n\tsuch user\r\n"));
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->size() == 1U);
  BOOST_TEST((read->front().action == DsnAction::failed));
  BOOST_TEST((read->front().status == StatusCode{5, 1, 1}));
}

BOOST_AUTO_TEST_CASE(a_delay_is_no_failure_and_several_recipients_are_several) {
  const auto read =
      parse_delivery_report(report(about + "Action: Delayed\r\nStatus: 4.4.1\r\n\r\nAction: expanded\r\n\r\n"
                                           "action: failed\r\nstatus: 5.7.1\r\n"));
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->size() == 3U);
  BOOST_TEST(((*read)[0].action == DsnAction::delayed));
  BOOST_TEST(((*read)[1].action == DsnAction::relayed));
  BOOST_TEST(((*read)[2].action == DsnAction::failed));
  BOOST_TEST(((*read)[2].status == StatusCode{5, 7, 1}));
}

BOOST_AUTO_TEST_CASE(our_own_are_read) {
  Dsn dsn;
  dsn.reporting_mta = "gw.clinic.example";
  dsn.to = *Address::parse("b+x@secure.clinic.example");
  dsn.from = *Address::parse("postmaster@gw.clinic.example");
  dsn.recipients = {{*Address::parse("bob@lab.example"), DsnAction::failed, {5, 4, 7}, "it did not go"}};
  const auto read = parse_delivery_report(format_dsn(dsn));
  BOOST_REQUIRE(read);
  BOOST_TEST((read->front().status == StatusCode{5, 4, 7}));
}

BOOST_AUTO_TEST_CASE(internationalised_reports_are_read) {
  BOOST_TEST(
      parse_delivery_report(report(about + "Action: failed\r\nStatus: 5.1.1\r\n", "message/global-delivery-status"))
          .has_value());
}

/// An automatic answer, a read receipt, a bounce of another age: nothing is concluded from them.
BOOST_AUTO_TEST_CASE(what_is_no_report_says_nothing) {
  BOOST_TEST(!parse_delivery_report(""));
  BOOST_TEST(!parse_delivery_report("Subject: I am away\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\n"));
  BOOST_TEST(!parse_delivery_report(report(about)));
  BOOST_TEST(!parse_delivery_report(report(about + "Action: exploded\r\n")));
  BOOST_TEST(!parse_delivery_report(report(about + "Action: failed\r\n", "message/disposition-notification")));
  BOOST_TEST(!parse_delivery_report("Content-Type: multipart/report\r\n\r\n--\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(cut_anywhere_it_is_read_or_not_and_nothing_worse) {
  const std::string whole = report(about + "Action: failed\r\nStatus: 5.1.1\r\n");
  for (std::size_t i = 0; i < whole.size(); ++i)
    (void)parse_delivery_report(whole.substr(0, i));
  BOOST_TEST(parse_delivery_report(whole).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
