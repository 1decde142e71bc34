// Files that must be refused, each with the complaint that is written beside it: NAME.toml and NAME.expected.
// A new case: write the .toml, run with POSTERN_WRITE_EXPECTED=1, and read what was written as a reviewer would.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "base/diagnostic.hpp"

namespace postern::test {

inline std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// `complaints_of` gives what is wrong with a file's text; a file that is fine has none, which is a failure here.
inline unsigned check_bad_files(const std::filesystem::path& folder,
                                const std::function<Diagnostics(const std::filesystem::path&)>& complaints_of) {
  unsigned seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".toml") continue;
    ++seen;
    std::string complaints;
    for (const Diagnostic& one : complaints_of(entry.path()))
      complaints += format_diagnostic(one) + "\n";
    auto expected = entry.path();
    expected.replace_extension(".expected");
    if (std::getenv("POSTERN_WRITE_EXPECTED") != nullptr) std::ofstream(expected, std::ios::binary) << complaints;
    BOOST_TEST(!complaints.empty(), entry.path().filename().string() + " is not complained of");
    BOOST_TEST(complaints == read_file(expected), entry.path().filename().string() + ": " + complaints);
  }
  return seen;
}

}  // namespace postern::test
