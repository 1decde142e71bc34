// A file, whole.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace postern {

/// Errc::io: it cannot be read; the text names it.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace postern
