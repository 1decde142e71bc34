// From a path to a Config, and from its references to secrets. What both programs do first.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "gateway/config.hpp"
#include "net/tls.hpp"

namespace postern::gateway {

[[nodiscard]] std::expected<Config, Diagnostics> load_config(const std::filesystem::path& file);

/// The key-encryption key: 32 octets raw, or 64 hexadecimal digits (a final newline is ignored).
[[nodiscard]] Result<Secret> load_kek(const Config& config, const std::filesystem::path& base);
/// All that a listener's connections begin with, its certificate and key read.
[[nodiscard]] Result<std::shared_ptr<const smtp::ServerOptions>> load_server_options(const Config& config,
                                                                                     const ListenerConfig& listener,
                                                                                     const std::filesystem::path& base);
[[nodiscard]] Result<std::shared_ptr<const net::TlsClient>> load_tls_client(const Config& config);

}  // namespace postern::gateway
