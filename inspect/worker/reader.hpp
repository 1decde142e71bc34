// The child of postern-inspect that reads one message: gives up everything, reads, writes Facts, ends.
#pragma once

#include "inspect/inspector.hpp"
#include "inspect/worker/sandbox.hpp"

namespace postern::inspect {

inline constexpr int facts_descriptor = 3;  // the only one that the child keeps

struct Confinement {
  Filter filter;  // child_filter(facts_descriptor)
  ChildLimits limits;
};

/// In the child, after fork. `parent`: whose end is its end too.
[[noreturn]] void read_one_message(int message, int facts, int parent, Inspector& inspector, Confinement& confinement);

}  // namespace postern::inspect
