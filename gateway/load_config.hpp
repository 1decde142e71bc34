// From a path to a Config, and from its references to secrets. What both programs do first.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "base/text_file.hpp"
#include "gateway/config.hpp"
#include "net/tls.hpp"

namespace postern::gateway {

[[nodiscard]] std::expected<Config, Diagnostics> load_config(const std::filesystem::path& file);

/// What relative paths in the configuration are relative to.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& config);

/// The key-encryption key: 32 octets raw, or 64 hexadecimal digits (a final newline is ignored).
[[nodiscard]] Result<Secret> load_kek(const Config& config, const std::filesystem::path& base);
/// All that a listener's connections begin with, its certificate and key read.
[[nodiscard]] Result<std::shared_ptr<const smtp::ServerOptions>> load_server_options(const Config& config,
                                                                                     const ListenerConfig& listener,
                                                                                     const std::filesystem::path& base);
[[nodiscard]] Result<std::shared_ptr<const net::TlsClient>> load_tls_client(const Config& config);
/// The authorities that are trusted besides the system's.
[[nodiscard]] Result<void> add_delivery_ca(const Config& config, net::TlsClientOptions& options);

/// The value of a secret header: one word, long enough not to be guessed.
[[nodiscard]] Result<Secret> load_header_value(const SecretRef& ref, const std::filesystem::path& base);

using Tenants = std::vector<policy::Tenant>;
/// `running` with the bindings, classes and DKIM keys as they are written now. Everything else needs a start; a tenant
/// that is no longer written lets nobody in.
[[nodiscard]] Config with_bindings_of(Config running, const Config& written);

/// Who may send, with the secrets of their bindings read.
[[nodiscard]] Result<std::shared_ptr<const Tenants>> load_tenants(const Config& config,
                                                                  const std::filesystem::path& base);

}  // namespace postern::gateway
