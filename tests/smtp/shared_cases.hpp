// The rows of shared/cases/smtp/*.jsonl, and the files beside our cases that say what we expect of each.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace postern::test {

/// All rows but the first, which describes the file.
inline std::vector<boost::json::object> shared_rows(const std::string& file) {
  const char* set = std::getenv("POSTERN_SHARED");
  const std::string folder = set != nullptr ? set : SOURCE_DIR "/../shared";
  std::ifstream in(folder + "/cases/smtp/" + file);
  if (!in) throw std::runtime_error("no " + folder + "/cases/smtp/" + file + ": set POSTERN_SHARED");
  std::vector<boost::json::object> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line))
    rows.push_back(boost::json::parse(line).as_object());
  return rows;
}

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
