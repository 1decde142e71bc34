// The tables of the key store, by version. A step that was released never changes; a new version adds one.
#pragma once

#include "base/clock.hpp"
#include "crypto/sql.hpp"

namespace postern::crypto {

/// In a transaction of its own, one process at a time. Throws a Fault: Errc::too_new where a newer version was here.
void migrate_key_tables(sql::Session& session, Time now);

}  // namespace postern::crypto
