// Tables by version. A step that was released never changes; a new version adds one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "crypto/sql.hpp"

namespace postern::crypto::sql {

using Step = std::vector<const char*>;  // statements

struct Migrations {
  std::string table;            // where the version is kept: "key_store_migration"
  std::string what;             // "the key database": for error texts
  std::int64_t lock = 0;        // PostgreSQL's advisory lock: any number that nobody else takes
  std::span<const Step> steps;  // statements of each version
};

/// In a transaction of its own, one process at a time. Throws a Fault: Errc::too_new where a newer version was here.
void migrate(Session& session, const Migrations& migrations, Time now);

}  // namespace postern::crypto::sql
