// Fields that are cut out, and that nothing else changes.
#include "mail/strip.hpp"

#include <boost/test/unit_test.hpp>

#include "mail/claims.hpp"

namespace {

using namespace postern::mail;

const std::vector<std::string> names = {"X-Key", "X-Mark"};

BOOST_AUTO_TEST_SUITE(stripping)

BOOST_AUTO_TEST_CASE(fields_go_with_their_folds_in_any_case_and_however_often) {
  BOOST_TEST(without_fields("A: 1\r\nX-Key: a\r\n b\r\n\tc\r\nB: 2\r\nx-KEY :d\r\nX-Mark:\r\nX-Keys: stay\r\n\r\n",
                            names) == "A: 1\r\nB: 2\r\nX-Keys: stay\r\n\r\n");
  BOOST_TEST(without_fields("X-Key: all\r\n\r\n", names) == "\r\n");
  BOOST_TEST(without_fields("A: X-Key: 1\r\n X-Key: 2\r\n\r\n", names) == "A: X-Key: 1\r\n X-Key: 2\r\n\r\n");
  BOOST_TEST(without_fields("A: 1\r\n\r\n", {}) == "A: 1\r\n\r\n");
}

std::string stripped(const std::string& text, std::size_t piece) {
  ReportStripper stripper(names);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece)
    out += stripper.pass(std::string_view(text).substr(at, piece));
  return out + stripper.end();
}

BOOST_AUTO_TEST_CASE(a_report_loses_them_in_every_part_wherever_the_pieces_are_cut) {
  const std::string report =
      "text\r\n\r\n--b\r\n\r\nX-Key: a\r\n b\r\nSubject: x\r\nX-MARK : y\r\n\r\nX-Key without a colon\r\n" +
      std::string(5000, 'x') + "\r\n" + std::string(1990, 'y') + "X-Key: inside a long line\r\nX-Key: last";
  const std::string kept = "text\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\nX-Key without a colon\r\n" +
                           std::string(5000, 'x') + "\r\n" + std::string(1990, 'y') + "X-Key: inside a long line\r\n";
  for (const std::size_t piece : {1U, 2U, 7U, 999U, 2000U, 100'000U})
    BOOST_TEST((stripped(report, piece) == kept), "in pieces of " + std::to_string(piece));
}

BOOST_AUTO_TEST_CASE(a_field_of_any_length_goes_whole) {
  const std::string report =
      "A: 1\r\nX-Key: " + std::string(10'000, 'k') + "\r\n " + std::string(10'000, 'k') + "\r\nB: 2\r\n";
  for (const std::size_t piece : {1U, 100U, 100'000U})
    BOOST_TEST((stripped(report, piece) == "A: 1\r\nB: 2\r\n"));
}

BOOST_AUTO_TEST_CASE(guids_are_read_in_one_form) {
  BOOST_TEST(parse_guid("3F0C9D1E-7A44-4B52-9A1E-0C5D2B6F7E81").value() == "3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81");
  for (const char* bad : {"", "3f0c9d1e7a444b529a1e0c5d2b6f7e81", "{3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81}",
                          "3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e8", "3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81 ",
                          "3g0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81", "-------------------------------------"})
    BOOST_TEST(!parse_guid(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
