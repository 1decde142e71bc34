// What issuers said of certificates, as rows: so that a restart forgets no revocation, and nobody is asked again before
// it is time. Nothing here moves the store's generation: no key is another one. Each function throws a sql::Fault.
#pragma once

#include <vector>

#include "crypto/key_store.hpp"
#include "crypto/sql.hpp"

namespace postern::crypto {

void keep_revocation(sql::Session& session, const KeptRevocation& kept);
[[nodiscard]] std::vector<KeptRevocation> find_revocations(sql::Session& session, Time now, std::size_t limit);

}  // namespace postern::crypto
