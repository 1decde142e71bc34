// What sources said of an address, as rows: so that nobody is asked again before the answer ends, by this node or
// another that shares the database, before a restart or after it. Each function runs in the transaction of its caller
// and throws a sql::Fault.
#pragma once

#include <vector>

#include "crypto/key_store.hpp"
#include "crypto/key_tables.hpp"
#include "crypto/sql.hpp"

namespace postern::crypto {

[[nodiscard]] std::vector<KeyLookup> find_lookups(sql::Session& session, const std::string& address);

/// Keeps the answer in place of the source's last one, binds the keys that it gave, and ends the bindings at this
/// address that the source no longer stands by.
[[nodiscard]] std::vector<AddResult> learn(sql::Session& session, const KeyLookup& lookup,
                                           const std::vector<KeyRecord>& keys, Touched& touched);

}  // namespace postern::crypto
