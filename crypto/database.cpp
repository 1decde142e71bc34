#include "crypto/database.hpp"

#include "base/ascii.hpp"

namespace postern::crypto {

Result<DatabaseRef> parse_database_ref(std::string_view text, const std::string& what) {
  constexpr std::string_view sqlite = "sqlite:", postgresql = "postgresql:";
  if (text.starts_with(sqlite) && text.size() > sqlite.size())
    return DatabaseRef(std::filesystem::path(text.substr(sqlite.size())));
  if (!text.starts_with(postgresql))
    return fail(Errc::invalid, what +
                                   " is \"sqlite:FILE\", or \"postgresql:\" and where its conninfo lies: "
                                   "\"postgresql:credential:NAME\"");
  auto where = parse_secret_ref(text.substr(postgresql.size()));
  if (!where)
    return fail(Errc::invalid,
                "how to reach the server is a secret (it may hold a password): "
                "\"postgresql:credential:NAME\" or \"postgresql:file:PATH\"");
  return DatabaseRef(std::move(*where));
}

Result<Database> load_database(const DatabaseRef& ref, const std::filesystem::path& state,
                               const std::filesystem::path& base) {
  if (const auto* file = std::get_if<std::filesystem::path>(&ref)) return SqliteDatabase{state / *file};
  const auto conninfo = load_secret(std::get<SecretRef>(ref), base);
  if (!conninfo) return fail(conninfo.error());
  const std::string_view text = trimmed(conninfo->text(), " \t\r\n");
  const auto* octets = reinterpret_cast<const std::uint8_t*>(text.data());
  return PostgresqlDatabase{Secret(std::span(octets, text.size()))};
}

}  // namespace postern::crypto
