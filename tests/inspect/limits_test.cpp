// Hostile sizes: bounded, and never "as if nothing had been found".
#include <chrono>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "inspect/html.hpp"
#include "inspect/text.hpp"
#include "mail/charset.hpp"
#include "tests/inspect/probes.hpp"

namespace postern::inspect {
namespace {

constexpr std::string_view ssn = "536-22-1234";

std::string nested(unsigned levels) {
  std::string message = "Subject: x\r\n";
  for (unsigned i = 0; i < levels; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    message += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  return message + "Content-Type: text/plain\r\n\r\n" + std::string(ssn) + "\r\n";
}

std::string many_parts(unsigned parts) {
  std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (unsigned i = 0; i < parts; ++i)
    message += "--b\r\n\r\n" + std::string(ssn) + "\r\n";
  return message + "--b--\r\n";
}

bool any_uninspectable(const mail::Facts& facts, mail::Uninspectable reason) {
  for (const mail::Part& part : facts.parts) {
    if (part.uninspectable == reason) return true;
  }
  return false;
}

double seconds(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

BOOST_AUTO_TEST_CASE(nesting_within_the_limit_is_read_and_beyond_it_is_said) {
  const mail::Facts within = inspect_with(case_probes(), nested(15));  // the text is the 16th level
  BOOST_TEST(count(within, 0) == 1U);
  BOOST_TEST(!any_uninspectable(within, mail::Uninspectable::too_deep));
  const mail::Facts beyond = inspect_with(case_probes(), nested(16));
  BOOST_TEST(count(beyond, 0) == 0U);
  BOOST_TEST(any_uninspectable(beyond, mail::Uninspectable::too_deep));
}

BOOST_AUTO_TEST_CASE(very_deep_nesting_does_not_exhaust_the_stack) {
  for (const unsigned levels : {1'000U, 20'000U}) {
    std::thread([levels] {
      const mail::Facts facts = inspect_with(case_probes(), nested(levels));
      BOOST_TEST(any_uninspectable(facts, mail::Uninspectable::too_deep));
    }).join();
  }
  std::string messages;
  for (int i = 0; i < 20'000; ++i)
    messages += "Content-Type: message/rfc822\r\n\r\n";
  const mail::Facts facts = inspect_with(case_probes(), messages + "\r\n" + std::string(ssn) + "\r\n");
  BOOST_TEST(any_uninspectable(facts, mail::Uninspectable::too_deep));
}

BOOST_AUTO_TEST_CASE(a_thousand_parts_are_all_read) {
  const mail::Facts facts = inspect_with(case_probes(), many_parts(1'000));
  BOOST_TEST(facts.parts.size() == 1'001U);
  BOOST_TEST(count(facts, 0) == 1'000U);
}

BOOST_AUTO_TEST_CASE(more_parts_than_the_limit_are_said_to_be_too_many) {
  InspectLimits limits;
  limits.parts = 10;
  const mail::Facts facts = inspect_with(case_probes(), many_parts(50), limits);
  BOOST_TEST(facts.parts.size() == 10U);
  BOOST_TEST(any_uninspectable(facts, mail::Uninspectable::too_large));
}

BOOST_AUTO_TEST_CASE(more_octets_than_the_limit_are_said_to_be_too_large) {
  InspectLimits limits;
  limits.expanded = 1'000;
  const mail::Facts facts = inspect_with(case_probes(), "\r\n" + std::string(2'000, 'x') + "\r\n", limits);
  BOOST_TEST(any_uninspectable(facts, mail::Uninspectable::too_large));
}

BOOST_AUTO_TEST_CASE(at_most_a_thousand_findings_are_kept_for_a_probe_and_part) {
  std::string text = "\r\n";
  for (int i = 0; i < 5'000; ++i)
    text += "diabetes 536-22-1234\r\n";
  const mail::Facts facts = inspect_with(case_probes(), text);
  BOOST_TEST(count(facts, 0) == 1'000U);
  BOOST_TEST(count(facts, 1) == 1'000U);
}

BOOST_AUTO_TEST_CASE(facts_stay_within_their_limit_and_every_probe_keeps_a_finding) {
  std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int part = 0; part < 120; ++part) {
    message += "--b\r\n\r\n";
    for (int i = 0; i < 1'000; ++i)
      message += "536-22-1234 ";
    message += "\r\n";
  }
  const mail::Facts facts = inspect_with(case_probes(), message + "--b\r\n\r\ndiabetes\r\n--b--\r\n");
  BOOST_TEST(facts.findings.size() <= 100'000U);
  BOOST_TEST(count(facts, 1) == 1U);
  BOOST_TEST(any_uninspectable(facts, mail::Uninspectable::too_large));
}

BOOST_AUTO_TEST_CASE(hostile_html_takes_time_in_proportion_to_its_length) {
  for (const std::string_view unit : {"<!--", "<script>", "<a href=\"", "<", "&", "&#", "<p", "</", "<style></styl"}) {
    std::string html;
    while (html.size() < 1'000'000)
      html += unit;
    const double time = seconds([&] { (void)html_to_text(html); });
    BOOST_TEST(time < 5.0, std::string(unit) << " took " << time << " s");
  }
}

BOOST_AUTO_TEST_CASE(any_bytes_become_valid_text) {
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes.push_back(static_cast<char>(i));
  for (const char* charset : {"", "utf-8", "utf-16", "utf-7", "iso-2022-jp", "big5", "//", "../x", "utf-8//TRANSLIT"}) {
    const std::string text = normalise(mail::to_utf8(bytes, charset));
    for (std::size_t i = 0; i < text.size();) {
      const mail::CodePoint c = mail::code_point_at(text, i);
      BOOST_TEST_REQUIRE((c.value < 0x80 || c.size > 1), charset);
      i += c.size;
    }
  }
}

}  // namespace postern::inspect
