#include "mail/readdress.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern::mail;

const Address token = *Address::parse("r+abc.def@secure.clinic.example"), real = *Address::parse("Bob@lab.example");

std::string changed(const std::string& section) {
  return readdressed(section, {{token, real}});
}

BOOST_AUTO_TEST_SUITE(readdress)

BOOST_AUTO_TEST_CASE(the_address_is_another_and_all_else_stays) {
  BOOST_TEST(
      changed("From: a@clinic.example\r\nTo: \"bob via us\" <R+ABC.def@Secure.clinic.example>,\r\n\tc@x.example\r\n"
              "Subject: r+abc.def@secure.clinic.example\r\nCc : r+abc.def@secure.clinic.example\r\n\r\n") ==
      "From: a@clinic.example\r\nTo: \"bob via us\" <Bob@lab.example>,\r\n\tc@x.example\r\n"
      "Subject: r+abc.def@secure.clinic.example\r\nCc : Bob@lab.example\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_longer_address_is_another_one) {
  const std::string section = "To: xr+abc.def@secure.clinic.example, r+abc.def@secure.clinic.example.org\r\n\r\n";
  BOOST_TEST(changed(section) == section);
}

BOOST_AUTO_TEST_CASE(it_ends_where_the_new_one_holds_the_old) {
  const Address longer = *Address::parse("r+abc.def@secure.clinic.example");
  BOOST_TEST(readdressed("To: r+abc.def@secure.clinic.example\r\n", {{token, longer}}) ==
             "To: r+abc.def@secure.clinic.example\r\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
