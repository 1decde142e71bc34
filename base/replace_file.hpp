// A file that is always whole: written beside, synced and renamed, so that a crash leaves the old one or the new one.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace postern {

/// Only its owner may read it. Blocks on the disk. Two writers of one file would spoil each other's: one at a time.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace postern
