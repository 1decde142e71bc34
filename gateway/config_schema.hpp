// The declarations of postern.toml's settings: what config_parse.cpp reads and the reference is generated from.
#pragma once

#include "base/settings.hpp"
#include "gateway/config.hpp"

namespace postern::gateway {

/// postern.toml as written, before the checks that need more than one key.
struct ConfigFile {
  Config config;
  std::string policy = "policy.d";
  std::filesystem::path base;  // of relative paths
};

// The parts that are files of their own: [[listener]], [tenant.NAME] and keys.
[[nodiscard]] Setting<ConfigFile> listeners_setting();
[[nodiscard]] Setting<ConfigFile> tenants_setting();
[[nodiscard]] Setting<ConfigFile> reports_setting();
[[nodiscard]] Setting<ConfigFile> portal_setting();
[[nodiscard]] Settings<PortalSender> portal_sender_settings(const std::filesystem::path& base);  // tenant.NAME.portal
[[nodiscard]] Setting<KeysConfig> directories_setting(const std::filesystem::path& base);        // within keys
[[nodiscard]] Setting<ConfigFile> keys_setting(const std::filesystem::path& base);

/// `base` is the folder of the file that is read.
[[nodiscard]] Settings<ConfigFile> config_settings(const std::filesystem::path& base);

}  // namespace postern::gateway
