// Whom a message shows: nobody else may be seen in the recipient infos of what is sealed.
#include "mail/shown.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;

bool shows(const std::string& section, const std::string& recipient) {
  return mail::ShownRecipients(section).contains(*mail::Address::parse(recipient));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shown)

BOOST_AUTO_TEST_CASE(those_in_to_and_cc_in_any_form_and_case) {
  const std::string section =
      "From: a@clinic.example\r\nTo: Ann <Ann@Lab.example>,\r\n bob@lab.example\r\nCC: team: eve@lab.example;\r\n\r\n";
  for (const char* known : {"ann@lab.example", "bob@lab.example", "eve@lab.example"})
    BOOST_TEST(shows(section, known), known);
}

BOOST_AUTO_TEST_CASE(nobody_who_stands_elsewhere) {
  const std::string section =
      "From: a@clinic.example\r\nSubject: bob@lab.example\r\nBcc: bob@lab.example\r\n"
      "Reply-To: bob@lab.example\r\n\r\n";
  BOOST_TEST(!shows(section, "bob@lab.example"));
  BOOST_TEST(!shows("", "bob@lab.example"));
}

BOOST_AUTO_TEST_CASE(a_longer_address_is_somebody_else) {
  BOOST_TEST(!shows("To: bob@lab.example.org\r\n\r\n", "bob@lab.example"));
  BOOST_TEST(!shows("To: jim.bob@lab.example\r\n\r\n", "bob@lab.example"));
  BOOST_TEST(!shows("To: x+bob@lab.example\r\n\r\n", "bob@lab.example"));
  BOOST_TEST(shows("To: jim.bob@lab.example, <bob@lab.example>\r\n\r\n", "bob@lab.example"));
}

BOOST_AUTO_TEST_CASE(what_would_have_to_be_decoded_counts_as_hidden) {
  BOOST_TEST(!shows("To: \"bob\"@lab.example\r\n\r\n", "bob@lab.example"));
  BOOST_TEST(!shows("To: =?utf-8?q?bob=40lab=2Eexample?=\r\n\r\n", "bob@lab.example"));
}

BOOST_AUTO_TEST_SUITE_END()
