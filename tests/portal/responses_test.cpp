#include "portal/responses.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using postern::portal::content_disposition;

BOOST_AUTO_TEST_SUITE(content_disposition_field)

BOOST_AUTO_TEST_CASE(names_are_said_twice_for_old_and_new_browsers) {
  BOOST_TEST(content_disposition("report 1.pdf") ==
             "attachment; filename=\"report 1.pdf\"; filename*=UTF-8''report%201.pdf");
  BOOST_TEST(content_disposition("B\xC3\xBC.pdf") == "attachment; filename=\"B__.pdf\"; filename*=UTF-8''B%C3%BC.pdf");
}

BOOST_AUTO_TEST_CASE(no_name_ends_its_field) {
  BOOST_TEST(content_disposition("a\"; x=\"\r\nSet-Cookie: b.exe") ==
             "attachment; filename=\"a__ x____Set-Cookie_ b.exe\"; "
             "filename*=UTF-8''a%22%3B%20x%3D%22%0D%0ASet-Cookie%3A%20b.exe");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
