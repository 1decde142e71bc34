// A small file that outlives the process, and is always whole: written beside, synced and renamed, so that a crash
// leaves the old one or the new one. It begins with a line of its own, `magic`, that says whose it is and in which
// form.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern {

/// Only its owner may read it. Blocks on the disk. Two writers of one file would spoil each other's: one at a time.
[[nodiscard]] Result<void> write_kept(const std::filesystem::path& file, std::string_view magic,
                                      std::string_view bytes);

/// What stands behind `magic`; nothing where there is no file. Errc::corrupt: it begins with something else.
[[nodiscard]] Result<std::optional<std::string>> read_kept(const std::filesystem::path& file, std::string_view magic);

/// For who finds that what `read_kept` gave makes no sense.
[[nodiscard]] inline std::unexpected<Error> damaged(const std::filesystem::path& file) {
  return fail(Errc::corrupt, file.string() + " is damaged");
}

}  // namespace postern
