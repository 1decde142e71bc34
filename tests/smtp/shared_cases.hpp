// The files beside our cases that say what we expect of each row of shared/cases/smtp/*.jsonl.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/shared.hpp"

namespace postern::test {

/// The lines of tests/cases/smtp/<file> that are no comments.
inline std::vector<std::string> expected_lines(const std::string& file) {
  std::ifstream in(SOURCE_DIR "/tests/cases/smtp/" + file);
  if (!in) throw std::runtime_error("no " + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

/// "a  b" → "a b": the columns of those files are for people.
inline std::string one_blank_between_words(const std::string& line) {
  std::istringstream words(line);
  std::string out;
  for (std::string word; words >> word;)
    out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace postern::test
