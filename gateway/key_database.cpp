#include "gateway/key_database.hpp"

#include "crypto/key_store.hpp"
#include "gateway/config.hpp"

namespace postern::gateway {

Result<crypto::KeyStoreOptions> key_store_options(const Config& config, const std::filesystem::path& base, Secret kek) {
  auto database = crypto::load_database(config.keys.store, config.state, base);
  if (!database) return fail(database.error());
  crypto::KeyStoreOptions options;
  options.database = std::move(*database);
  options.kek = std::move(kek);
  return options;
}

}  // namespace postern::gateway
