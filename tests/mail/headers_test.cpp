// Where a header section ends, also for who reads it piece by piece.
#include "mail/headers.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern::mail;

BOOST_AUTO_TEST_SUITE(header_sections)

BOOST_AUTO_TEST_CASE(a_section_ends_with_its_blank_line) {
  BOOST_TEST(header_length("From: a\r\n\r\nx\r\n\r\n").value() == 11U);
  BOOST_TEST(header_length("\r\nx\r\n\r\n").value() == 2U);
  for (const char* none : {"", "\r", "From: a\r\n", "From: a\r\n\r", "From: a\n\n", "From: a\r\r\n\n"})
    BOOST_TEST(!header_length(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(in_pieces_it_ends_where_it_ends_in_one) {
  for (const std::string message : {"From: a\r\nTo: b\r\n\r\nx\r\n\r\n", "\r\nx\r\n\r\n", "F: \r\r\n\r\r\n\r\n\r\nx"}) {
    const auto whole = header_length(message);
    BOOST_REQUIRE(whole.has_value());
    for (std::size_t piece = 1; piece <= message.size(); ++piece) {
      std::optional<std::size_t> found;
      for (std::size_t seen = 0; !found && seen < message.size(); seen += piece)
        found = header_length(std::string_view(message).substr(0, seen + piece), seen);
      BOOST_TEST((found == whole), message << " by " << piece);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_seen_is_not_looked_at_again) {
  // It is the caller's word that none is there: who looked would find it.
  const std::string message = "From: a\r\n\r\n" + std::string(20, 'x');
  BOOST_TEST(!header_length(message, 20).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
