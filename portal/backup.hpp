// A copy of the store that opens what the store opens, and nothing more: the database and its epoch keys, without the
// KEK. It may be made while the portal runs. What expires afterwards is still in it: keep it no longer than you must.
#pragma once

#include <filesystem>

#include "base/error.hpp"
#include "portal/config.hpp"

namespace postern::portal {

/// Into a folder that is not there yet. Errc::denied: it is. Of a PostgreSQL store the keys alone: the database is
/// dumped by its own means, after one of these and before another.
[[nodiscard]] Result<void> back_up(const Config& config, const std::filesystem::path& to);

/// Out of such a folder, where there is no store yet. Errc::denied: there is one.
[[nodiscard]] Result<void> restore(const Config& config, const std::filesystem::path& from);

}  // namespace postern::portal
