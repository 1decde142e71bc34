// Sessions with a database, by SOCI.
#pragma once

#include "crypto/database.hpp"
#include "crypto/sql.hpp"

namespace postern::crypto::sql {

/// Throws a Fault. A SQLite file that is new belongs to whom its folder belongs to, and nobody else reads it.
[[nodiscard]] std::unique_ptr<Session> connect(const Database& database, Duration patience);

}  // namespace postern::crypto::sql
