// A file that only its owner reads, and that was not there before.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace postern::gateway {

/// On the disk when this returns. Errc::io: it is there already, cannot be made, or could not be written whole.
[[nodiscard]] Result<void> write_private_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace postern::gateway
