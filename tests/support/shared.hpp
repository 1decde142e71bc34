// The rows of shared/cases: POSTERN_SHARED says where they are.
#pragma once

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace postern::test {

/// All rows of cases/`file` but the first, which describes the file.
inline std::vector<boost::json::object> shared_case_rows(const std::string& file) {
  const char* set = std::getenv("POSTERN_SHARED");
  const std::string path = (set != nullptr ? set : SOURCE_DIR "/../shared") + ("/cases/" + file);
  std::ifstream in(path);
  if (!in) throw std::runtime_error("no " + path + ": set POSTERN_SHARED");
  std::vector<boost::json::object> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line))
    rows.push_back(boost::json::parse(line).as_object());
  return rows;
}

}  // namespace postern::test
