// A QR code in the page. That phones read it is tested with a reader (interop/test_portal_factors.py).
#include "portal/qr.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/portal/html_tree.hpp"

namespace {

using namespace postern::portal;
using namespace postern::test;

BOOST_AUTO_TEST_SUITE(qr)

BOOST_AUTO_TEST_CASE(is_one_drawing_on_white_with_its_label_and_a_quiet_zone) {
  const auto code = qr_code("otpauth://totp/A", escape("To <scan>"));
  BOOST_REQUIRE(code);
  const HtmlTree tree = parsed("<!doctype html><title>x</title>" + code->str());
  const Element drawing = tree.all("svg").at(0);
  BOOST_TEST(drawing.at("role") == "img");
  BOOST_TEST(drawing.at("aria-label") == "To <scan>");
  BOOST_TEST(drawing.at("viewBox") == "0 0 33 33");  // version 2 has 25 modules
  const std::vector<Element> paths = tree.all("path");
  BOOST_REQUIRE(paths.size() == 2U);
  BOOST_TEST(paths[0].at("fill") == "#fff");
  BOOST_TEST(paths[0].at("d") == "M0 0h33v33H0z");
  BOOST_TEST(paths[1].at("fill") == "#000");
  BOOST_TEST(paths[1].at("d").starts_with("M4 4h7v1h-7z"));  // the upper edge of the first finder pattern
}

BOOST_AUTO_TEST_CASE(of_what_none_can_hold_is_none) {
  BOOST_TEST(qr_code(std::string(2331, 'x'), {}).has_value());
  BOOST_TEST(!qr_code(std::string(2332, 'x'), {}).has_value());  // ISO/IEC 18004, table 7: 40-M
  BOOST_TEST(!qr_code(std::string("a\0b", 3), {}).has_value());
  BOOST_TEST(!qr_code("", {}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
