// Where the key store is: `keys.store` in postern.toml, and what it takes to open it.
#pragma once

#include <filesystem>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/secret_ref.hpp"

namespace postern::crypto {
struct KeyStoreOptions;
}

namespace postern::gateway {

struct Config;

/// A file of SQLite, or where the conninfo of a PostgreSQL server lies: it may hold a password.
using KeyDatabase = std::variant<std::filesystem::path, SecretRef>;

/// "sqlite:keys.db", "postgresql:credential:NAME", "postgresql:file:PATH".
[[nodiscard]] Result<KeyDatabase> parse_key_database(std::string_view text);

/// A relative file of SQLite is in the state folder. `base`: what secrets are relative to. The KEK is the caller's.
[[nodiscard]] Result<crypto::KeyStoreOptions> key_store_options(const Config& config, const std::filesystem::path& base,
                                                                Secret kek);

}  // namespace postern::gateway
