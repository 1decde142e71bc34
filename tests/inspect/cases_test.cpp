// Each tests/cases/inspect/NAME.eml gives exactly NAME.expected.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/inspect/probes.hpp"
#include "tests/inspect/shared_folder.hpp"

namespace postern::inspect {
namespace {

std::vector<std::string> case_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/tests/cases/inspect")) {
    if (entry.path().extension() == ".eml") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> shared_headers(const std::string& file) {
  std::ifstream in(shared_folder() + "/cases/mime/" + file);
  std::vector<std::string> headers;
  for (std::string line; std::getline(in, line);) {
    const boost::json::object row = boost::json::parse(line).as_object();
    if (const auto* header = row.if_contains("header")) headers.emplace_back(header->as_string());
  }
  return headers;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_case_gives_exactly_what_its_file_says) {
  const std::vector<std::string> files = case_files();
  BOOST_REQUIRE(files.size() >= 30);
  for (const std::string& file : files) {
    BOOST_TEST_CONTEXT(file) {
      const std::string expected = read_file(file.substr(0, file.size() - 4) + ".expected");
      const mail::Facts facts = inspect_with(case_probes(), with_crlf(read_file(file)));
      BOOST_TEST(describe(facts, case_probes()) == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_case_cut_short_or_damaged_anywhere_is_still_read) {
  auto inspector = make_inspector(case_probes(), {}, "key");
  for (const std::string& file : case_files()) {
    const std::string message = with_crlf(read_file(file));
    for (std::size_t at = 0; at <= message.size(); at += 7) {
      std::string damaged = message;
      if (at < damaged.size()) damaged[at] = static_cast<char>(0x80 + at % 128);
      for (const std::string& bytes : {message.substr(0, at), damaged}) {
        const auto facts = mail::decode_facts(*(*inspector)->inspect(bytes), case_probes().size());
        BOOST_TEST_REQUIRE(facts.has_value(), file << " at " << at);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_shared_header_cases_are_read_without_a_crash_and_the_same_each_time) {
  for (const auto& [file, name, rows] : {std::tuple{"header-unstructured.jsonl", "Subject:", 30U},
                                         {"header-content-type.jsonl", "Content-Type:", 103U}}) {
    const std::vector<std::string> headers = shared_headers(file);
    BOOST_TEST(headers.size() == rows);
    for (const std::string& header : headers) {
      const std::string message = with_crlf(name + header + (header.ends_with("\n") ? "" : "\n") + "\n536-22-1234\n");
      const mail::Facts facts = inspect_with(case_probes(), message);
      BOOST_TEST(!facts.parts.empty());
      BOOST_TEST((facts == inspect_with(case_probes(), message)));
    }
  }
}

BOOST_AUTO_TEST_CASE(well_formed_shared_subjects_are_decoded_as_expected) {
  std::ifstream in(shared_folder() + "/cases/mime/header-unstructured.jsonl");
  unsigned agreed = 0;
  for (std::string line; std::getline(in, line);) {
    const boost::json::object row = boost::json::parse(line).as_object();
    const auto* expected = row.if_contains("expected");
    if (expected == nullptr || !expected->is_string()) continue;
    mail::Probe probe{.name = "all",
                      .target = mail::ProbeTarget::subject,
                      .header = {},
                      .patterns = {std::string(expected->as_string())},
                      .literal = true,
                      .caseless = false};
    if (probe.patterns.front().empty()) continue;
    const std::string message = with_crlf("Subject:" + std::string(row.at("header").as_string()) + "\n\n");
    agreed += static_cast<unsigned>(count(inspect_with({probe}, message), 0));
  }
  BOOST_TEST(agreed >= 22U);  // the rest are malformed, and differ in blanks or in what is shown of a broken word
}

}  // namespace postern::inspect
