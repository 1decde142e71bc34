#include "portal/markup.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using postern::portal::escape;
using postern::portal::operator""_html;

BOOST_AUTO_TEST_CASE(text_cannot_leave_its_place) {
  BOOST_TEST(escape("<script>\"'&").str() == "&lt;script&gt;&quot;&#39;&amp;");
  BOOST_TEST(("<b>"_html + escape("</b>") + "</b>"_html).str() == "<b>&lt;/b&gt;</b>");
}

BOOST_AUTO_TEST_CASE(what_is_no_text_is_shown_as_such) {
  BOOST_TEST(escape(std::string("a\0b\x1b", 4)).str() ==
             "a\xEF\xBF\xBD"
             "b\xEF\xBF\xBD");
  BOOST_TEST(escape("\xC3\x28").str() == "\xEF\xBF\xBD(");
  BOOST_TEST(escape("\xC3\xA9\tx\r\n").str() == "\xC3\xA9\tx\r\n");
}

}  // namespace
