// What the worker's processes may do, as seccomp filters, and how much, as limits. Allow-lists: whatever is not named
// kills the process, so a library that one day wants more is a crash that is seen, never a silent difference.
//
// postern-inspect itself may fork and pass descriptors, but opens no file, no socket, and executes nothing. The child
// that reads a message may use memory, the clock, and write to one descriptor.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include <linux/filter.h>

#include "base/error.hpp"

namespace postern::inspect {

using Filter = std::vector<sock_filter>;

/// Of the process that forks. Built once: making one takes longer than a message.
[[nodiscard]] Result<Filter> zygote_filter();
/// Of the child, which writes to `facts` only.
[[nodiscard]] Result<Filter> child_filter(int facts);

/// For good, for this process and its children. False: the kernel refuses.
[[nodiscard]] bool apply(Filter& filter);

/// No dumps, no debugger, no new privileges.
[[nodiscard]] bool forbid_privileges();

struct ChildLimits {
  std::uint64_t address_space = 0;  // octets; 0: none
  std::chrono::seconds cpu{0};
};
/// And no files, no core, no further descriptors or processes.
[[nodiscard]] bool apply(const ChildLimits& limits);

}  // namespace postern::inspect
