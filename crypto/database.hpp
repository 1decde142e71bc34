// Where a database is: a file of SQLite's, or a PostgreSQL server.
#pragma once

#include <filesystem>
#include <variant>

#include "base/secret.hpp"

namespace postern::crypto {

struct SqliteDatabase {
  std::filesystem::path file;  // made where it is not there, readable by its owner alone
};
struct PostgresqlDatabase {
  Secret conninfo;  // "host=… dbname=… user=… password=…", or "postgresql://…"
};
using Database = std::variant<SqliteDatabase, PostgresqlDatabase>;

}  // namespace postern::crypto
