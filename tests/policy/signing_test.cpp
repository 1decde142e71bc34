// Which of a tenant's domains signs a message.
#include "policy/signing.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using mail::MailClass;

mail::Domain domain(const std::string& text) {
  return mail::Domain::parse(text).value();
}
const std::vector<mail::Domain> keys = {domain("clinic.example"), domain("lab.clinic.example"),
                                        domain("other.example")};

std::string signs(const std::string& from, MailClass mail_class = MailClass::own) {
  const auto found = policy::signing_domain({"clinic", {"network", "from"}, mail_class}, domain(from), keys);
  return found ? found->str() : "nobody";
}

BOOST_AUTO_TEST_SUITE(signing)

BOOST_AUTO_TEST_CASE(the_domain_of_From_or_the_nearest_above_it) {
  BOOST_TEST(signs("clinic.example") == "clinic.example");
  BOOST_TEST(signs("a.b.clinic.example") == "clinic.example");
  BOOST_TEST(signs("lab.clinic.example") == "lab.clinic.example");
  BOOST_TEST(signs("x.lab.clinic.example") == "lab.clinic.example");
}

BOOST_AUTO_TEST_CASE(no_domain_that_From_does_not_show) {
  for (const char* from :
       {"example", "xclinic.example", "clinic.example.evil.example", "clinic.example2", "stranger.example"})
    BOOST_TEST(signs(from) == "nobody", from);
  BOOST_TEST(!policy::signing_domain({}, domain("clinic.example"), {}));
  BOOST_TEST(!policy::signing_domain({}, mail::Domain(), keys));
}

BOOST_AUTO_TEST_CASE(forwarded_mail_never_whatever_its_From) {
  BOOST_TEST(signs("clinic.example", MailClass::forwarded) == "nobody");
  BOOST_TEST(signs("lab.clinic.example", MailClass::forwarded) == "nobody");
  for (const MailClass other : {MailClass::null_sender, MailClass::journal})
    BOOST_TEST(signs("clinic.example", other) == "clinic.example");
}

BOOST_AUTO_TEST_CASE(mail_of_which_a_monitored_condition_failed_never) {
  const auto signs_of = [](const std::vector<std::string>& conditions) {
    return policy::signing_domain({"clinic", conditions}, domain("clinic.example"), keys).has_value();
  };
  BOOST_TEST(signs_of({"network", "certificate", "secret", "mail-from", "from"}));
  for (const char* failed : {"certificate", "ca", "originator-org", "tenant-id", "secret"})
    BOOST_TEST(!signs_of({"network", failed + std::string(mail::failed_monitored), "from"}), failed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
