#include "gateway/key_database.hpp"

#include "base/ascii.hpp"
#include "crypto/key_store.hpp"
#include "gateway/config.hpp"

namespace postern::gateway {

Result<KeyDatabase> parse_key_database(std::string_view text) {
  constexpr std::string_view sqlite = "sqlite:", postgresql = "postgresql:";
  if (text.starts_with(sqlite) && text.size() > sqlite.size())
    return KeyDatabase(std::filesystem::path(text.substr(sqlite.size())));
  if (!text.starts_with(postgresql))
    return fail(Errc::invalid,
                "the key store is \"sqlite:FILE\", or \"postgresql:\" and where its conninfo lies: "
                "\"postgresql:credential:NAME\"");
  auto where = parse_secret_ref(text.substr(postgresql.size()));
  if (!where)
    return fail(Errc::invalid,
                "how to reach the server is a secret (it may hold a password): "
                "\"postgresql:credential:NAME\" or \"postgresql:file:PATH\"");
  return KeyDatabase(std::move(*where));
}

Result<crypto::KeyStoreOptions> key_store_options(const Config& config, const std::filesystem::path& base, Secret kek) {
  crypto::KeyStoreOptions options;
  options.kek = std::move(kek);
  if (const auto* file = std::get_if<std::filesystem::path>(&config.keys.store)) {
    options.database = crypto::SqliteDatabase{config.state / *file};
    return options;
  }
  const auto conninfo = load_secret(std::get<SecretRef>(config.keys.store), base);
  if (!conninfo) return fail(conninfo.error());
  const std::string_view text = trimmed(conninfo->text(), " \t\r\n");
  const auto* octets = reinterpret_cast<const std::uint8_t*>(text.data());
  options.database = crypto::PostgresqlDatabase{Secret(std::span(octets, text.size()))};
  return options;
}

}  // namespace postern::gateway
