#include "mail/media_type.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using postern::mail::parse_media_type;

std::string shown(std::string_view raw) {
  const auto media = parse_media_type(raw);
  if (!media) return "nothing";
  std::string text = media->type;
  for (const auto& [name, value] : media->parameters)
    text += "|" + name + "=" + value;
  return text;
}

BOOST_AUTO_TEST_SUITE(media_type)

BOOST_AUTO_TEST_CASE(what_follows_the_grammar) {
  BOOST_TEST(shown(" text/plain\r\n") == "text/plain");
  BOOST_TEST(shown("TEXT/Plain; Charset=UTF-8;\r\n\tformat=\"Flo\\wed; x\"") ==
             "text/plain|charset=UTF-8|format=Flowed; x");
  BOOST_TEST(shown("text (a (b\\)) c) / plain ; (x) a (y) = (z) b") == "text/plain|a=b");
  BOOST_TEST(shown("text/plain;") == "text/plain");
  BOOST_TEST(shown("text/plain; ") == "text/plain");
  BOOST_TEST(shown("a/b; x=\"\"") == "a/b|x=");
  BOOST_TEST(shown("application/pkcs7-mime; smime-type=enveloped-data; name*0=a; name*1=b") ==
             "application/pkcs7-mime|smime-type=enveloped-data|name*0=a|name*1=b");
}

BOOST_AUTO_TEST_CASE(what_does_not) {
  for (const char* bad : {"", "text", "text/", "/plain", "text plain", "text/plain x", "text/plain; a",
                          "text/plain; a=", "text/plain; =b", "text/plain; a=\"b", "text/plain; a=b c", "text/plain (",
                          "text/pl\xc3\xa4in", "text/plain;; a=b", "text/html, text/plain"})
    BOOST_TEST(shown(bad) == "nothing", bad);
}

BOOST_AUTO_TEST_CASE(of_one_name_the_first_counts) {
  BOOST_TEST(*parse_media_type("a/b; x=1; X=2")->parameter("x") == "1");
  BOOST_TEST(!parse_media_type("a/b; x=1")->parameter("y").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
