#include "crypto/base64.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/crypto/cms_reader.hpp"

namespace {

using namespace postern;

std::string lines_of(std::string_view bytes) {
  std::string out = "before";
  crypto::append_base64_lines(out, bytes);
  BOOST_TEST(out.size() == 6 + crypto::base64_lines_size(bytes.size()));
  return out.substr(6);
}

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(it_is_as_rfc_4648_has_it) {
  BOOST_TEST(lines_of("") == "");
  BOOST_TEST(lines_of("f") == "Zg==\r\n");
  BOOST_TEST(lines_of("fo") == "Zm8=\r\n");
  BOOST_TEST(lines_of("foo") == "Zm9v\r\n");
  BOOST_TEST(lines_of("foobar") == "Zm9vYmFy\r\n");
  BOOST_TEST(lines_of("\xfb\xff\xbf\xff") == "+/+//w==\r\n");
}

BOOST_AUTO_TEST_CASE(a_line_has_76_characters_at_most) {
  BOOST_TEST(lines_of(std::string(57, 'a')).size() == 78U);
  BOOST_TEST(lines_of(std::string(58, 'a')).substr(76) == "\r\nYQ==\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again_at_every_length) {
  std::string bytes;
  for (unsigned i = 0; i < 400; ++i) {
    BOOST_TEST(test::decode_base64(lines_of(bytes)) == bytes);
    bytes += static_cast<char>(i * 37 + 11);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
