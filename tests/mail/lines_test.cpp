// The rules of lines, whatever the pieces in which they come.
#include "mail/lines.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;
using mail::LineFault;

std::string stuffed(const std::vector<std::string_view>& pieces) {
  mail::DotStuffer stuffer;
  std::string out;
  for (const std::string_view piece : pieces)
    stuffer.append(piece, out);
  return out + std::string(stuffer.end());
}

LineFault fault_of(const std::vector<std::string_view>& pieces, std::size_t longest = SIZE_MAX) {
  mail::LineChecker checker(longest);
  for (const std::string_view piece : pieces)
    checker.check(piece);
  return checker.fault();
}

BOOST_AUTO_TEST_CASE(a_line_feed_gets_its_carriage_return_and_all_else_stays) {
  for (const auto& [text, lines] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"a\nb\n", "a\r\nb\r\n"},
           {"a\r\nb\r\n", "a\r\nb\r\n"},
           {"\n\r\n\n", "\r\n\r\n\r\n"},
           {"a\rb\nc", "a\rb\r\nc"},
       })
    BOOST_TEST(mail::with_crlf(text) == lines);
}

BOOST_AUTO_TEST_CASE(a_dot_is_stuffed_at_the_start_of_each_line_and_nowhere_else) {
  BOOST_TEST(stuffed({".a\r\n..b\r\nc.d\r\n.\r\n"}) == "..a\r\n...b\r\nc.d\r\n..\r\n.\r\n");
  BOOST_TEST(stuffed({}) == ".\r\n");
  BOOST_TEST(stuffed({"no line end"}) == "no line end\r\n.\r\n");
}

BOOST_AUTO_TEST_CASE(where_the_pieces_are_cut_changes_nothing) {
  const std::string_view body = ".\r\n..x\r\n\r\n.y\r\nz.\r\n.";
  const std::string whole = stuffed({body});
  for (std::size_t i = 0; i <= body.size(); ++i) {
    for (std::size_t j = i; j <= body.size(); ++j) {
      BOOST_TEST(stuffed({body.substr(0, i), body.substr(i, j - i), body.substr(j)}) == whole);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_line_fault_is_found_however_it_is_cut) {
  const std::vector<std::pair<std::string_view, LineFault>> cases = {
      {"ok\r\nok\r\n", LineFault::none},
      {"a\nb\r\n", LineFault::bare_lf},
      {"a\rb\r\n", LineFault::bare_cr},
      {"a\r\r\n", LineFault::bare_cr},
      {"\n", LineFault::bare_lf},
      {"a\r\n\nb", LineFault::bare_lf},
      {std::string_view("a\0b\r\n", 5), LineFault::nul},
      {"0123456789\r\n", LineFault::none},
      {"01234567890\r\n", LineFault::too_long},
  };
  for (const auto& [text, expected] : cases) {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      BOOST_TEST((fault_of({text.substr(0, i), text.substr(i)}, 10) == expected), std::string(text) << " cut at " << i);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_incomplete_end_shows) {
  const auto complete = [](std::string_view text) {
    mail::LineChecker checker;
    checker.check(text);
    return checker.complete();
  };
  BOOST_TEST(complete(""));
  BOOST_TEST(complete("a\r\n"));
  BOOST_TEST(!complete("a"));
  BOOST_TEST(!complete("a\r"));
}

}  // namespace
