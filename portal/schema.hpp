// The portal's tables, by version.
#pragma once

#include "base/clock.hpp"
#include "crypto/sql.hpp"

namespace postern::portal {

/// Throws a crypto::sql::Fault: Errc::too_new where a newer version was here.
void migrate_portal_tables(crypto::sql::Session& session, Time now);

}  // namespace postern::portal
