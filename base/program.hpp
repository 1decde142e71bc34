// The frame of a daemon: reasons not to start, with their exit codes and lines; waiting for the end; what is done
// before anything else, and how whatever escapes is told.
//
//   return run_program("posternd", [&] {
//     const Secret key = or_stop(exit_secrets, load_secret(ref, base));      // else it ends with that code and one
//     line … ending.wait();                                                         // until a signal's handler said
//     ending.ask()
//   });
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "base/exit_codes.hpp"

namespace postern {

/// On standard error: a line of the program's own, or complaints about a file, a line each.
[[noreturn]] void stop(ExitCode code, std::string line);
[[noreturn]] void stop(ExitCode code, Diagnostics lines);

template <class T>
T or_stop(ExitCode code, Result<T> result) {
  if (!result) stop(code, std::move(result.error().text));
  return std::move(*result);
}

/// Thread-safe.
class Ending {
 public:
  void ask();
  void wait();

 private:
  std::mutex mutex_;
  std::condition_variable asked_;
  bool ending_ = false;
};

/// The exit code. `name` stands before each line of its own. No core files, as many connections as the system allows,
/// and a peer that hung up is no signal.
[[nodiscard]] int run_program(const char* name, const std::function<void()>& body);

}  // namespace postern
