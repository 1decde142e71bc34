#include "base/program.hpp"

#include <csignal>
#include <cstdio>

#include "base/privileges.hpp"

namespace postern {
namespace {

struct Stop {
  ExitCode code;
  std::string line;
  Diagnostics complaints;
};

}  // namespace

void stop(ExitCode code, std::string line) {
  throw Stop{code, std::move(line), {}};
}

void stop(ExitCode code, Diagnostics lines) {
  throw Stop{code, {}, std::move(lines)};
}

void Ending::ask() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  asked_.notify_one();
}

void Ending::wait() {
  std::unique_lock lock(mutex_);
  asked_.wait(lock, [this] { return ending_; });
}

int run_program(const char* name, const std::function<void()>& body) {
  forbid_dumps();
  allow_many_connections();
  std::signal(SIGPIPE, SIG_IGN);
  try {
    body();
    return exit_ok;
  } catch (const Stop& reason) {
    for (const Diagnostic& complaint : reason.complaints)
      std::fprintf(stderr, "%s\n", format_diagnostic(complaint).c_str());
    if (!reason.line.empty()) std::fprintf(stderr, "%s: %s\n", name, reason.line.c_str());
    return reason.code;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "%s: internal fault: %s\n", name, fault.what());
    return exit_internal;
  }
}

}  // namespace postern
