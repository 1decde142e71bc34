// `postern check`: is this configuration right, and do the policy's own tests pass?
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace postern::gateway {

struct CheckReport {
  std::vector<std::string> errors;    // the daemon would not start, or a policy test failed
  std::vector<std::string> warnings;  // legal, and worth a look
  std::vector<std::string> publish;   // DNS records that the configuration counts on
  std::vector<std::string> networks;  // the lists that bindings name, how long and how old
  std::size_t rules = 0, tests = 0;
};

/// `with_secrets`: keys and certificates are read too, as the daemon would.
[[nodiscard]] CheckReport check(const std::filesystem::path& config_file, bool with_secrets);

}  // namespace postern::gateway
