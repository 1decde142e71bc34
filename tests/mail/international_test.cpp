// Addresses beyond ASCII (RFC 6531), and the text form of DSN parameters (RFC 3461 §4).
#include <boost/test/unit_test.hpp>

#include "base/random.hpp"
#include "base/utf8.hpp"
#include "mail/address.hpp"
#include "mail/xtext.hpp"

namespace {

using namespace postern;

BOOST_AUTO_TEST_CASE(a_domain_is_kept_in_its_form_for_the_dns) {
  for (const char* written : {"münchen.example", "MÜNCHEN.example", "xn--mnchen-3ya.example", "münchen.example."}) {
    BOOST_TEST(mail::Domain::parse(written).value().str() == "xn--mnchen-3ya.example");
  }
  // The dot of East Asian keyboards, and the sharp s that is no "ss" since IDNA2008.
  BOOST_TEST(mail::Domain::parse("医生。example").value().str() == "xn--ekrq20f.example");
  BOOST_TEST(mail::Domain::parse("straße.example").value().str() == "xn--strae-oqa.example");
  for (const char* wrong : {"-ü.example", "\xff.example", "a\u200d.example", "\u2024.example", "ü..example"}) {
    BOOST_TEST(!mail::Domain::parse(wrong).has_value(), wrong);
  }
}

BOOST_AUTO_TEST_CASE(two_spellings_of_a_domain_are_one) {
  const auto a = mail::Address::parse("ann@münchen.example").value();
  const auto b = mail::Address::parse("ann@xn--mnchen-3ya.example").value();
  BOOST_TEST((a == b));
  BOOST_TEST(a.is_ascii());
}

BOOST_AUTO_TEST_CASE(a_local_part_may_hold_text_and_nothing_else) {
  BOOST_TEST(mail::Address::parse("医生@lab.example").value().local() == "医生");
  BOOST_TEST(!mail::Address::parse("医生@lab.example").value().is_ascii());
  BOOST_TEST(mail::Address::parse("\"ö ö\"@lab.example").value().local() == "\"ö ö\"");
  for (const char* wrong :
       {"\xc3\x28@lab.example", "a\xc2\x85@lab.example", "\xed\xa0\x80@lab.example", "\xc0\xaf@lab.example"}) {
    BOOST_TEST(!mail::Address::parse(wrong).has_value());
  }
}

BOOST_AUTO_TEST_CASE(utf8_is_well_formed_text_without_controls) {
  for (const char* good : {"", "a~ ", "ß", "€", "😀", "\u00a0"})
    BOOST_TEST(is_utf8(good));
  for (const char* bad : {"\x7f", "\x1f", "\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc1\xbf", "\xe0\x80\x80",
                          "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"}) {
    BOOST_TEST(!is_utf8(bad));
  }
}

BOOST_AUTO_TEST_CASE(xtext_stands_for_octets_and_back) {
  BOOST_TEST(mail::encode_xtext("a+b=c d") == "a+2Bb+3Dc+20d");
  SystemRandom random;
  for (int round = 0; round < 1000; ++round) {
    std::string octets(round % 40, '\0');
    random.fill(std::span(reinterpret_cast<std::uint8_t*>(octets.data()), octets.size()));
    const std::string text = mail::encode_xtext(octets);
    BOOST_TEST(mail::decode_xtext(text).value() == octets);
  }
  for (const char* wrong : {"a b", "a=b", "+", "+2", "+2b", "+zz", "ä", "a\r\nb"})
    BOOST_TEST(!mail::is_xtext(wrong));
}

}  // namespace
