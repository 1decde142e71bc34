#include "mail/mdn.hpp"

#include <boost/test/unit_test.hpp>

#include "mail/xtext.hpp"

namespace {

using namespace postern;
using namespace postern::mail;

Mdn sample() {
  Mdn mdn;
  mdn.hostname = "gw.clinic.example";
  mdn.to = *Address::parse("ann@clinic.example");
  mdn.from = *Address::parse("secure@clinic.example");
  mdn.recipient = *Address::parse("bob@lab.example");
  mdn.about_message_id = "<1@clinic.example>";
  mdn.message_id = "<01KAZ7Y3E0Q4V6W8XA2C4E6G8J@gw.clinic.example>";
  mdn.opened = mdn.now = Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 28));
  return mdn;
}

BOOST_AUTO_TEST_SUITE(mdn)

BOOST_AUTO_TEST_CASE(it_says_who_opened_what_and_when) {
  const std::string text = format_mdn(sample());
  for (const char* line :
       {"\r\nTo: <ann@clinic.example>\r\n", "\r\nIn-Reply-To: <1@clinic.example>\r\n",
        "Content-Type: multipart/report; report-type=disposition-notification;",
        "\r\nReporting-UA: gw.clinic.example; Postern\r\n", "\r\nFinal-Recipient: rfc822; bob@lab.example\r\n",
        "\r\nOriginal-Message-ID: <1@clinic.example>\r\n",
        "\r\nDisposition: manual-action/MDN-sent-automatically; displayed\r\n"})
    BOOST_TEST(text.find(line) != std::string::npos, line);
  BOOST_TEST(text.find("Original-Recipient") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_address_that_the_sender_knows_is_named_and_ends_no_line) {
  Mdn mdn = sample();
  mdn.orcpt = "rfc822;" + encode_xtext("r+x@secure.clinic.example\r\nX: y");
  const std::string text = format_mdn(mdn);
  BOOST_TEST(text.find("\r\nOriginal-Recipient: rfc822; r+x@secure.clinic.example") != std::string::npos);
  BOOST_TEST(text.find("\r\nX: y") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_international_recipient_has_its_types) {
  Mdn mdn = sample();
  mdn.recipient = *Address::parse("björn@lab.example");
  const std::string text = format_mdn(mdn);
  BOOST_TEST(text.find("Content-Type: message/global-disposition-notification\r\n") != std::string::npos);
  BOOST_TEST(text.find("Final-Recipient: utf-8; björn@lab.example") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_asks_says_so_in_the_header) {
  BOOST_TEST(asks_for_mdn("From: a@b.example\r\ndisposition-notification-to : <a@b.example>\r\n\r\n"));
  BOOST_TEST(!asks_for_mdn("From: a@b.example\r\nX: Disposition-Notification-To: a@b.example\r\n\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
