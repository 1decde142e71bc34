#include "base/text_file.hpp"

#include <fstream>
#include <sstream>

namespace postern {

Result<std::string> read_text_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return fail(Errc::io, "cannot read " + path.string());
  return text.str();
}

}  // namespace postern
