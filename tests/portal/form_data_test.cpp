#include "portal/form_data.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern::portal;

const std::string type = "multipart/form-data; boundary=----WebKitFormBoundaryabc123";
const std::string line = "------WebKitFormBoundaryabc123";

std::string field(const std::string& disposition, const std::string& content, const std::string& more = {}) {
  return line + "\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" + content + "\r\n";
}

auto parsed(const std::string& body) {
  return parse_form_data(type, body, 10);
}

BOOST_AUTO_TEST_SUITE(form_data)

BOOST_AUTO_TEST_CASE(a_text_and_files_octet_by_octet) {
  const std::string binary("\0\r\n--\xff\r\n------WebKit\n", 21);
  const std::string body = field("name=\"text\"", "Thanks,\r\nAnn") +
                           field("name=\"file\"; filename=\"scan.pdf\"", binary, "Content-Type: application/pdf\r\n") +
                           field("name=\"file\"; filename=\"\"", "", "Content-Type: application/octet-stream\r\n") +
                           line + "--\r\n";
  const auto parts = parsed(body);
  BOOST_REQUIRE(parts);
  BOOST_REQUIRE(parts->size() == 3U);
  BOOST_TEST((*parts)[0].name == "text");
  BOOST_TEST(!(*parts)[0].file_name);
  BOOST_TEST((*parts)[0].content == "Thanks,\r\nAnn");
  BOOST_TEST(*(*parts)[1].file_name == "scan.pdf");
  BOOST_TEST((*parts)[1].type == "application/pdf");
  BOOST_TEST((*parts)[1].content == binary);
  BOOST_TEST((*parts)[2].file_name->empty());
}

BOOST_AUTO_TEST_CASE(names_as_browsers_write_them) {
  const auto parts = parsed(field("name=\"file\"; filename=\"a%22b%0D%0Ac%41 \xC3\xA9; x=y\"", "x") + line + "--\r\n");
  BOOST_REQUIRE(parts);
  BOOST_TEST(*parts->front().file_name == "a\"b\r\nc%41 \xC3\xA9; x=y");
}

BOOST_AUTO_TEST_CASE(a_form_without_parts_or_with_an_empty_one) {
  BOOST_TEST(parsed(line + "--\r\n")->empty());
  BOOST_TEST(parsed(field("name=\"text\"", "") + line + "--")->front().content.empty());
}

BOOST_AUTO_TEST_CASE(what_no_browser_sends_is_no_form) {
  const std::string good = field("name=\"text\"", "x");
  BOOST_TEST(!parsed(""));
  BOOST_TEST(!parsed(good));                        // no end
  BOOST_TEST(!parsed(good + line + "--\r\nmore"));  // and more after it
  BOOST_TEST(!parsed("preamble\r\n" + good + line + "--\r\n"));
  BOOST_TEST(!parsed(line + "\r\nname=x\r\n\r\nx\r\n" + line + "--\r\n"));  // not a field
  BOOST_TEST(!parsed(line + "\r\nContent-Type: text/plain\r\n\r\nx\r\n" + line + "--\r\n"));
  BOOST_TEST(!parsed(field("name=text", "x") + line + "--\r\n"));
  BOOST_TEST(!parsed(field("name=\"text\"; x=\"y\"", "x") + line + "--\r\n"));
  BOOST_TEST(!parsed(field("name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"", "x") + line + "--\r\n"));
  BOOST_TEST(!parse_form_data("application/x-www-form-urlencoded", good + line + "--\r\n", 10));
  BOOST_TEST(!parse_form_data("multipart/form-data", good + line + "--\r\n", 10));
  BOOST_TEST(!parse_form_data("multipart/form-data; boundary=" + std::string(71, 'x'), good, 10));
}

BOOST_AUTO_TEST_CASE(no_more_parts_than_are_taken) {
  std::string body;
  for (int i = 0; i < 3; ++i)
    body += field("name=\"text\"", "x");
  BOOST_TEST(parse_form_data(type, body + line + "--\r\n", 3).has_value());
  BOOST_TEST(!parse_form_data(type, body + line + "--\r\n", 2));
}

/// Each octet of a form that is lost or added may make it no form, and nothing worse.
BOOST_AUTO_TEST_CASE(cut_anywhere_it_is_no_form) {
  const std::string body = field("name=\"file\"; filename=\"a\"", "x\r\ny", "Content-Type: a/b\r\n") + line + "--";
  for (std::size_t i = 0; i < body.size(); ++i)
    BOOST_TEST(!parsed(body.substr(0, i)), i);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
