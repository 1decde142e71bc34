// Store over RocksDB, with the options under which "synced" means kept.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "spool/store.hpp"

namespace postern::spool {

/// Errc::unavailable: another process has it. Errc::too_new: it has tables that this version does not know.
/// WAL files as they were before recovery are linked in DIR/wal-before, since recovery drops what it cannot
/// replay.
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& dir);
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocks_store_read_only(const std::filesystem::path& dir);

/// All is well: the links go.
void forget_wal_before(const std::filesystem::path& dir);
/// Something is missing: they stay, as DIR/wal-damaged-<time>, which this returns.
[[nodiscard]] std::filesystem::path keep_wal_before(const std::filesystem::path& dir, Time found);

}  // namespace postern::spool
