// The N-th system call of those that the worker channel makes fails; see tests/CMakeLists.txt for which.
#pragma once

namespace postern::inspect {

/// The `number`-th call from now on, from 1, by this thread fails; 0: none.
void fail_call(unsigned number);
/// How many there were since.
[[nodiscard]] unsigned calls_made();

}  // namespace postern::inspect
