// postern-portal, from configuration to shutdown: listens, gives up root, opens the store, serves.
#pragma once

#include <filesystem>
#include <string>

#include "portal/config.hpp"

namespace postern::portal {

struct DaemonOptions {
  std::filesystem::path config;
  std::string user;  // to become, once the ports are open; empty: stays who it is
};

/// What cannot be read ends the program (base/program.hpp).
[[nodiscard]] Config read_config_or_stop(const std::filesystem::path& file);

/// Returns an exit code (base/exit_codes.hpp).
[[nodiscard]] int run_portal(const DaemonOptions& options);

}  // namespace postern::portal
