// Where a database is: a file of SQLite's, or a PostgreSQL server.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/secret_ref.hpp"

namespace postern::crypto {

struct SqliteDatabase {
  std::filesystem::path file;  // made where it is not there, readable by its owner alone
};
struct PostgresqlDatabase {
  Secret conninfo;  // "host=… dbname=… user=… password=…", or "postgresql://…"
};
using Database = std::variant<SqliteDatabase, PostgresqlDatabase>;

/// As configuration says it: a file, or where the conninfo lies, which may hold a password.
using DatabaseRef = std::variant<std::filesystem::path, SecretRef>;

/// "sqlite:keys.db", "postgresql:credential:NAME", "postgresql:file:PATH". `what`: for the error, "the key store".
[[nodiscard]] Result<DatabaseRef> parse_database_ref(std::string_view text, const std::string& what);

/// A relative file is in the folder `state`. `base`: what secrets are relative to.
[[nodiscard]] Result<Database> load_database(const DatabaseRef& ref, const std::filesystem::path& state,
                                             const std::filesystem::path& base);

}  // namespace postern::crypto
