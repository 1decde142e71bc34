// Probes → findings: where, how long, and which are the same value.
#include <chrono>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/inspect/probes.hpp"

namespace postern::inspect {
namespace {

mail::Probe regex(std::string pattern) {
  return {.name = "r", .header = {}, .patterns = {std::move(pattern)}};
}
mail::Probe words(std::vector<std::string> list) {
  return {.name = "w", .header = {}, .patterns = std::move(list), .literal = true, .whole_words = true};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_finding_tells_where_and_how_long) {
  const mail::Facts facts = inspect_with({regex("[0-9]+-[0-9]+")}, "\r\nab 12-345 x\r\n");
  BOOST_REQUIRE(facts.findings.size() == 1U);
  BOOST_TEST(facts.findings[0].part == 1U);
  BOOST_TEST(facts.findings[0].at == 3U);
  BOOST_TEST(facts.findings[0].length == 6U);
}

BOOST_AUTO_TEST_CASE(a_word_is_found_where_it_begins) {
  const mail::Facts facts = inspect_with({words({"heart", "heart attack"})}, "\r\na heart attack\r\n");
  BOOST_REQUIRE(facts.findings.size() == 1U);
  BOOST_TEST(facts.findings[0].at == 2U);
  BOOST_TEST(facts.findings[0].length == 12U);
}

BOOST_AUTO_TEST_CASE(equal_values_have_equal_hashes_whatever_their_case_and_key_matters) {
  const mail::Facts facts = inspect_with({words({"alpha", "beta"})}, "\r\nalpha ALPHA beta\r\n");
  BOOST_REQUIRE(facts.findings.size() == 3U);
  BOOST_TEST(facts.findings[0].value == facts.findings[1].value);
  BOOST_TEST(facts.findings[0].value != facts.findings[2].value);
  const auto other = make_inspector({words({"alpha"})}, {}, "another key");
  const auto again = mail::decode_facts(*(*other)->inspect("\r\nalpha\r\n"), 1);
  BOOST_TEST(again->findings.at(0).value != facts.findings[0].value);
}

BOOST_AUTO_TEST_CASE(the_signs_of_patterns_are_plain_in_words) {
  mail::Probe probe = words({"a.b", "[x]", "c++", "(", "\\d", "#1", "^$"});
  probe.whole_words = false;
  BOOST_TEST(count(inspect_with({probe}, "\r\naxb x c+ d\r\n"), 0) == 0U);
  BOOST_TEST(count(inspect_with({probe}, "\r\na.b [x] c++ ( \\d #1 ^$\r\n"), 0) == 7U);
}

BOOST_AUTO_TEST_CASE(case_counts_where_the_probe_says_so) {
  mail::Probe probe = words({"PHI"});
  probe.caseless = false;
  BOOST_TEST(count(inspect_with({probe}, "\r\nphi PHI Phi\r\n"), 0) == 1U);
}

BOOST_AUTO_TEST_CASE(a_pattern_that_does_not_compile_is_named) {
  const auto inspector = make_inspector({regex("a(b")}, {}, "key");
  BOOST_REQUIRE(!inspector.has_value());
  BOOST_TEST(inspector.error().text.find("'r'") != std::string::npos);
  BOOST_TEST(!pattern_fault("a(b").empty());
  BOOST_TEST(!pattern_fault("(?<=x)y").empty());
  BOOST_TEST(!pattern_fault("").empty());
  BOOST_TEST(!pattern_fault("x*").empty());
  BOOST_TEST(!pattern_fault(std::string("a\0b", 3)).empty());
  BOOST_TEST(pattern_fault("MRN[ :#]*([0-9]{6,9})").empty());
}

BOOST_AUTO_TEST_CASE(no_probes_still_list_the_parts) {
  const mail::Facts facts = inspect_with({}, "Subject: x\r\n\r\nhello\r\n");
  BOOST_TEST(facts.parts.size() == 2U);
  BOOST_TEST(facts.size == 21U);
}

BOOST_AUTO_TEST_CASE(ten_thousand_words_compile_and_scan_fast) {
  std::vector<std::string> list;
  for (int i = 0; i < 10'000; ++i)
    list.push_back("term" + std::to_string(i * 7919 % 100'003) + " of kind");
  const auto start = std::chrono::steady_clock::now();
  const auto inspector = make_inspector({words(list)}, {}, "key");
  BOOST_REQUIRE(inspector.has_value());
  std::string message = "\r\n";
  while (message.size() < 1'000'000)
    message += "nothing of interest term12x of kind in this line of text\r\n";
  message += list.back() + "\r\n";
  const auto compiled = std::chrono::steady_clock::now();
  const auto facts = mail::decode_facts(*(*inspector)->inspect(message), 1);
  const auto done = std::chrono::steady_clock::now();
  BOOST_TEST(facts->findings.size() == 1U);
  const auto ms = [](auto d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); };
  BOOST_TEST_MESSAGE("compile " << ms(compiled - start) << " ms, 1 MB in " << ms(done - compiled) << " ms");
  BOOST_TEST(ms(compiled - start) < 60'000);
  BOOST_TEST(ms(done - compiled) < 10'000);
}

BOOST_AUTO_TEST_CASE(one_inspector_serves_many_threads) {
  const auto inspector = make_inspector(case_probes(), {}, "key");
  const std::string message = with_crlf(read_file(SOURCE_DIR "/tests/cases/inspect/html.eml"));
  const std::string expected = *(*inspector)->inspect(message);
  std::vector<std::thread> threads;
  std::vector<int> equal(4);
  for (std::size_t t = 0; t < equal.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i)
        equal[t] += *(*inspector)->inspect(message) == expected ? 1 : 0;
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const int n : equal)
    BOOST_TEST(n == 50);
}

}  // namespace postern::inspect
