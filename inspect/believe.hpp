// What a worker said of a message, held against what the gateway sees by itself. The worker read hostile bytes, so it
// may lie: what cannot be believed becomes "uninspectable: crashed", never "nothing found".
#pragma once

#include <cstdint>

#include "inspect/skeleton.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {

/// `facts` where they fit the skeleton. A part without a fact is added as crashed; a fact about a part that is not
/// there, or of another type, is marked so; facts that make no sense as a whole are replaced.
[[nodiscard]] mail::Facts believe(mail::Facts facts, const Skeleton& skeleton, std::uint64_t message_size,
                                  std::size_t most_parts);

}  // namespace postern::inspect
