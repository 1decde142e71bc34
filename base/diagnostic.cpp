#include "base/diagnostic.hpp"

#include <fmt/format.h>

namespace postern {

std::string format_diagnostic(const Diagnostic& d) {
  if (d.line == 0) return fmt::format("{}: {}", d.file, d.text);
  return fmt::format("{}:{}:{}: {}", d.file, d.line, d.column, d.text);
}

}  // namespace postern
