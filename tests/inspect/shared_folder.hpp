// Where the cases are that this project shares with others.
#pragma once

#include <cstdlib>
#include <string>

namespace postern::inspect {

inline std::string shared_folder() {
  const char* folder = std::getenv("POSTERN_SHARED");
  return folder != nullptr ? folder : SOURCE_DIR "/../shared";
}

}  // namespace postern::inspect
