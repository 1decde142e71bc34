// Starts a program with one socket as its descriptor 3 and nothing else of ours: no files, no environment, no signals
// blocked, and as another user where asked and possible.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "inspect/fd_passing.hpp"

namespace postern::inspect {

/// The process id. From here on `theirs` is the child's.
[[nodiscard]] Result<int> spawn_with_socket(const std::filesystem::path& program, const std::string& user,
                                            Descriptor theirs);

/// Waits a little for its end, after asking for it. False: it is still there, and stays a zombie when it goes.
bool end_process(int pid);

}  // namespace postern::inspect
