// What it takes to open the key store: `keys.store` in postern.toml says where it is.
#pragma once

#include <filesystem>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::crypto {
struct KeyStoreOptions;
}

namespace postern::gateway {

struct Config;

/// A relative file of SQLite is in the state folder. `base`: what secrets are relative to. The KEK is the caller's.
[[nodiscard]] Result<crypto::KeyStoreOptions> key_store_options(const Config& config, const std::filesystem::path& base,
                                                                Secret kek);

}  // namespace postern::gateway
