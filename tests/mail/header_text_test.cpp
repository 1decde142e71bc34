#include "mail/header_text.hpp"

#include <boost/test/unit_test.hpp>

#include "mail/encoded_words.hpp"
#include "mail/headers.hpp"

namespace {

using namespace postern::mail;

BOOST_AUTO_TEST_SUITE(header_text)

BOOST_AUTO_TEST_CASE(no_text_ends_its_field) {
  for (const char* text : {"x\r\nBcc: eve@evil.example", "x\nBcc: y", "x\rBcc: y"}) {
    BOOST_TEST(format_header_text(text).find_first_of("\r\n") == std::string::npos);
    BOOST_TEST(format_display_name(text).find_first_of("\r\n") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_ascii_is_read_again_and_no_word_is_too_long) {
  std::string text;
  for (int i = 0; i < 60; ++i)
    text += "Größe € 😀 ";
  const std::string written = format_header_text(text);
  BOOST_TEST(decode_encoded_words(unfold(written)) == text);
  for (std::size_t at = 0; at != std::string::npos; at = written.find("=?", at + 1))
    BOOST_TEST(written.find("?=", at) + 2 - at <= 75U);
}

BOOST_AUTO_TEST_CASE(a_name_is_quoted) {
  BOOST_TEST(format_display_name("Ann \"A\" \\ <x@y>, z") == "\"Ann \\\"A\\\" \\\\ <x@y>, z\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
