// posternd: everything wired together, in the order in which it can fail – configuration, secrets, policy, ports, the
// user it becomes, spool, and only then the first message.
#pragma once

#include <filesystem>
#include <string>

namespace postern::gateway {

struct DaemonOptions {
  std::filesystem::path config;
  std::string user;  // become this user once the ports are open; empty: stay
};

/// Runs until SIGTERM or SIGINT; gives an ExitCode. Each failure to start is one clear line on standard error.
int run_daemon(const DaemonOptions& options);

}  // namespace postern::gateway
