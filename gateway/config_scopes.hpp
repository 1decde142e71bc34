// Settings that hold for a scope: globally, for a tenant, for a partner, for a tenant's partner. TLS floors among them.
#pragma once

#include <map>
#include <string>

#include "base/settings.hpp"
#include "gateway/config_schema.hpp"

namespace postern::gateway {

[[nodiscard]] const Settings<ScopedSettings>& scoped_settings();

// Of these, how mail is sealed (config_sealing.cpp).
[[nodiscard]] Setting<ScopedSettings> smime_section();
[[nodiscard]] Setting<ScopedSettings> openpgp_section();
[[nodiscard]] Setting<ScopedSettings> encrypted_counts_setting();
[[nodiscard]] Setting<ScopedSettings> key_sources_setting();

/// How mail waits in the portal (config_portal.cpp).
[[nodiscard]] Setting<ScopedSettings> pickup_section();

using Partners = std::map<std::string, ScopedSettings>;  // by address, domain or ".domain"
/// partner."Y".settings
void read_partners(Reading& in, const Node& node, Partners& partners);
/// host."mx1.lab.example": TLS demands on sessions with one mail host
[[nodiscard]] Setting<ConfigFile> hosts_setting();

}  // namespace postern::gateway
