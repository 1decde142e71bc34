// What the daemon gives up once its ports are open: root, new privileges through exec, core dumps.
#pragma once

#include <string>

#include "base/error.hpp"

namespace postern {

/// No core files and no attaching debugger: keys and messages are in memory.
void forbid_dumps();

/// As many files, and so connections, as the hard limit allows: the soft one is often 1,024.
void allow_many_connections();

/// Becomes `user` with its groups, for good. Empty: stays who it is.
[[nodiscard]] Result<void> become(const std::string& user);

}  // namespace postern
