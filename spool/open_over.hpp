// A Spool over any Store: how open() makes the real one, and how tests make one whose disk fails when they
// say so.
#pragma once

#include <memory>

#include "spool/spool.hpp"
#include "spool/store.hpp"

namespace postern::spool {

/// Recovers, then starts the committer. Keys and the high-water mark are files below options.dir all the
/// same.
[[nodiscard]] Result<std::unique_ptr<Spool>> open_over(std::unique_ptr<Store> store, SpoolOptions options,
                                                       const Clock& clock, Random& random);

}  // namespace postern::spool
