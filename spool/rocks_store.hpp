// Store over RocksDB, with the options under which "synced" means kept.
#pragma once

#include <filesystem>
#include <memory>

#include "spool/store.hpp"

namespace postern::spool {

/// Errc::unavailable: another process has it. WAL files as they were before recovery are linked in DIR/wal-before until
/// `forget_wal_before`, since recovery drops what it cannot replay.
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& dir);
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocks_store_read_only(const std::filesystem::path& dir);

void forget_wal_before(const std::filesystem::path& dir);

}  // namespace postern::spool
