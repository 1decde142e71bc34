#include "portal/texts.hpp"

#include <boost/test/unit_test.hpp>

#include "page_samples.hpp"

namespace {

using namespace postern;
using namespace postern::portal;
using postern::test::sample_time;

std::string moment(Language language, Time time) {
  const std::string html = moment_of(texts(language), time).str();
  const std::size_t begin = html.find('>') + 1;
  return html.substr(begin, html.rfind('<') - begin);
}

std::string size(Language language, std::uint64_t octets) {
  return size_of(texts(language), octets).str();
}

BOOST_AUTO_TEST_CASE(a_moment_is_written_as_the_language_writes_it_and_says_that_it_is_utc) {
  BOOST_TEST(moment(Language::en, sample_time()) == "28 November 2026, 17:36 UTC");
  BOOST_TEST(moment(Language::de, sample_time()) == "28. November 2026, 17:36 Uhr (UTC)");
  BOOST_TEST(moment(Language::fr, sample_time()) == "28 novembre 2026 à 17:36 (UTC)");
  BOOST_TEST(moment(Language::es, sample_time()) == "28 de noviembre de 2026, 17:36 (UTC)");
  BOOST_TEST(
      moment_of(texts(Language::de), sample_time()).str().starts_with("<time datetime=\"2026-11-28T17:36:21.000Z\">"));
}

BOOST_AUTO_TEST_CASE(a_month_begins_in_each_language) {
  const Time first = Time(std::chrono::sys_days(std::chrono::year(2027) / 3 / 1)) + std::chrono::minutes(65);
  BOOST_TEST(moment(Language::fr, first) == "1er mars 2027 à 01:05 (UTC)");
  BOOST_TEST(day_of(texts(Language::de), first).str() == "1. März 2027");
  BOOST_TEST(day_of(texts(Language::en), first).str() == "1 March 2027");
}

BOOST_AUTO_TEST_CASE(a_date_before_1970_is_a_date) {
  BOOST_TEST(moment(Language::en, Time(std::chrono::milliseconds(-1))) == "31 December 1969, 23:59 UTC");
}

BOOST_AUTO_TEST_CASE(a_size_has_two_figures_or_is_whole) {
  BOOST_TEST(size(Language::en, 0) == "0 bytes");
  BOOST_TEST(size(Language::en, 1) == "1 byte");
  BOOST_TEST(size(Language::fr, 999) == "999 octets");
  BOOST_TEST(size(Language::en, 1000) == "1\u00A0KB");
  BOOST_TEST(size(Language::en, 1449) == "1.4\u00A0KB");
  BOOST_TEST(size(Language::en, 48'200) == "48\u00A0KB");
  BOOST_TEST(size(Language::en, 999'499) == "999\u00A0KB");
  BOOST_TEST(size(Language::en, 999'500) == "1\u00A0MB");
  BOOST_TEST(size(Language::de, 2'430'000) == "2,4\u00A0MB");
  BOOST_TEST(size(Language::fr, 2'430'000) == "2,4\u00A0Mo");
  BOOST_TEST(size(Language::en, 25'000'000'000) == "25\u00A0GB");
  BOOST_TEST(size(Language::en, 9'960) == "10\u00A0KB");
}

BOOST_AUTO_TEST_CASE(a_file_is_called_what_it_is) {
  const auto kind = [](std::string_view type) { return kind_of(texts(Language::en), type).str(); };
  BOOST_TEST(kind("application/pdf") == "Document");
  BOOST_TEST(kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document") == "Document");
  BOOST_TEST(kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") == "Spreadsheet");
  BOOST_TEST(kind("application/vnd.oasis.opendocument.presentation") == "Presentation");
  BOOST_TEST(kind("image/png") == "Image");
  BOOST_TEST(kind("text/calendar") == "Appointment");
  BOOST_TEST(kind("text/plain") == "Text");
  BOOST_TEST(kind("text/csv") == "Spreadsheet");
  BOOST_TEST(kind("message/rfc822") == "Mail");
  BOOST_TEST(kind("application/zip") == "Archive");
  BOOST_TEST(kind("application/octet-stream") == "File");
  BOOST_TEST(kind("") == "File");
}

BOOST_AUTO_TEST_CASE(what_fills_a_place_is_not_searched_for_places) {
  BOOST_TEST(say(texts(Language::en).wait_sender, escape("{}"), escape("b")).str() == "{} has sent it to b.");
}

}  // namespace
