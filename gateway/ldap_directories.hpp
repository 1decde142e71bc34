// The directories of the configuration, their passwords and authorities read.
#pragma once

#include <filesystem>
#include <vector>

#include "discovery/ldap_directory.hpp"
#include "gateway/config.hpp"

namespace postern::gateway {

[[nodiscard]] Result<std::vector<discovery::LdapDirectory>> load_directories(const Config& config,
                                                                             const std::filesystem::path& base);

}  // namespace postern::gateway
