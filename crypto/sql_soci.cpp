#include "crypto/sql_soci.hpp"

#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace postern::crypto::sql {
namespace {

Errc code_of(const soci::sqlite3_soci_error& error) {
  switch (error.result() & 0xFF) {  // extended codes are above
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Errc::unavailable;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH: return Errc::denied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Errc::corrupt;
    default: return Errc::io;
  }
}

std::string text_of(Errc code) {
  switch (code) {
    case Errc::unavailable: return "the database is locked by another process, or not there";
    case Errc::timed_out: return "the database took too long";
    case Errc::denied: return "the database may not be read or written";
    case Errc::corrupt: return "the database is damaged, or is none";
    default: return "the database failed";
  }
}

Errc code_of(const soci::postgresql_soci_error& error) {
  const std::string state = error.sqlstate();
  if (state == "57014" || state == "55P03") return Errc::timed_out;  // statement_timeout, lock_timeout
  if (state.starts_with("28") || state == "42501" || state == "25006") return Errc::denied;
  if (state.starts_with("XX")) return Errc::corrupt;
  if (state.starts_with("08") || state.starts_with("53") || state.starts_with("57")) return Errc::unavailable;
  return Errc::io;
}

/// SOCI's own words would repeat what was to be stored; the database's do not.
Fault fault_of(const soci::soci_error& error) {
  if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error)) {
    const Errc code = code_of(*sqlite);
    return {{code, text_of(code), error.get_error_message()}};
  }
  if (const auto* postgresql = dynamic_cast<const soci::postgresql_soci_error*>(&error)) {
    const Errc code = code_of(*postgresql);
    const bool lost = error.get_error_category() == soci::soci_error::connection_error ||
                      postgresql->sqlstate().starts_with("57P") ||
                      error.get_error_category() == soci::soci_error::unknown;
    return {{lost ? Errc::unavailable : code, text_of(lost ? Errc::unavailable : code), error.get_error_message()},
            lost};
  }
  return {{Errc::io, text_of(Errc::io), error.get_error_message()}};
}

Value value_of(const soci::row& row, std::size_t i) {
  if (row.get_indicator(i) == soci::i_null) return std::monostate();
  switch (row.get_properties(i).get_data_type()) {
    case soci::dt_integer: return static_cast<std::int64_t>(row.get<int>(i));
    case soci::dt_long_long: return static_cast<std::int64_t>(row.get<long long>(i));
    default: return row.get<std::string>(i);
  }
}

class SociSession final : public Session {
 public:
  SociSession(const soci::backend_factory& backend, const std::string& where, bool sqlite)
      : session_(backend, where), sqlite_(sqlite) {}

  std::vector<Row> query(const std::string& statement, const Values& values) override {
    return guarded([&] {
      auto prepared = prepare(statement, values);
      const soci::rowset<soci::row> found = prepared;
      std::vector<Row> rows;
      for (const soci::row& row : found) {
        Row& made = rows.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i)
          made.push_back(value_of(row, i));
      }
      return rows;
    });
  }

  std::optional<std::int64_t> number_now(const std::string& statement) override {
    return guarded([&]() -> std::optional<std::int64_t> {
      auto kept = prepared_.find(statement);
      if (kept == prepared_.end()) kept = prepared_.try_emplace(statement, session_, statement).first;
      PreparedNumber& asked = kept->second;
      try {
        std::optional<std::int64_t> number;
        for (bool row = asked.statement.execute(true); row; row = asked.statement.fetch())  // to the end: SQLite would
          number = asked.number;  // otherwise read on as of now for as long as the session is kept
        return number;
      } catch (...) {
        prepared_.erase(kept);
        throw;
      }
    });
  }

  std::int64_t execute(const std::string& statement, const Values& values) override {
    return guarded([&] {
      soci::statement made = prepare(statement, values);
      made.execute(true);
      return static_cast<std::int64_t>(made.get_affected_rows());
    });
  }

  bool is_sqlite() const override { return sqlite_; }

 private:
  /// SOCI keeps pointers to what it binds: `bound_` outlives the statement.
  soci::details::prepare_temp_type prepare(const std::string& statement, const Values& values) {
    static const std::string nothing;
    bound_.clear();
    bound_.reserve(values.size());
    auto prepared = session_.prepare << statement;
    for (const Value& value : values) {
      Bound& bound = bound_.emplace_back();
      if (const auto* number = std::get_if<std::int64_t>(&value)) {
        bound.number = *number;
        prepared, soci::use(bound.number);
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        bound.text = *text;
        prepared, soci::use(bound.text);
      } else {
        bound.indicator = soci::i_null;
        prepared, soci::use(bound.text, bound.indicator);
      }
    }
    return prepared;
  }

  template <class Work>
  std::invoke_result_t<Work> guarded(Work work) {
    try {
      return work();
    } catch (const soci::soci_error& error) {
      throw fault_of(error);
    }
  }

  struct Bound {
    long long number = 0;
    std::string text;
    soci::indicator indicator = soci::i_ok;
  };
  struct PreparedNumber {
    PreparedNumber(soci::session& session, const std::string& text)
        : statement((session.prepare << text, soci::into(number))) {}
    long long number = 0;
    soci::statement statement;
  };
  std::vector<Bound> bound_;
  soci::session session_;
  std::map<std::string, PreparedNumber> prepared_;  // of `session_`: gone before it
  bool sqlite_;
};

/// SQLite would make it readable by all that may enter the folder. What root makes belongs to the folder's owner: the
/// daemon has to read what `postern keys` made.
void make_file(const std::filesystem::path& file) {
  const Descriptor made(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!made && errno == EEXIST) return;
  if (!made) throw Fault{{Errc::io, "cannot make " + file.string() + ": " + std::strerror(errno)}};
  struct stat folder{};
  if (::geteuid() != 0 || ::stat(file.parent_path().c_str(), &folder) != 0) return;
  if (::fchown(made.get(), folder.st_uid, folder.st_gid) != 0)
    throw Fault{{Errc::io, "cannot give " + file.string() + " to its folder's owner: " + std::strerror(errno)}};
}

/// Durable when `commit` returns (FULL), and readers do not wait for writers (WAL). What is deleted is overwritten.
void settle(Session& session, const SqliteDatabase& database, Duration patience) {
  session.execute("pragma busy_timeout = " + std::to_string(patience.count()), {});
  const auto mode = session.query("pragma journal_mode = wal", {});
  if (mode.empty() || text(mode.front().front()) != "wal")
    throw Fault{{Errc::io, database.file.string() + ": its file system has no shared memory for a write-ahead log"}};
  for (const char* pragma : {"synchronous = full", "foreign_keys = on", "secure_delete = on", "trusted_schema = off"})
    session.execute(std::string("pragma ") + pragma, {});
}

std::unique_ptr<Session> connect(const SqliteDatabase& database, Duration patience) {
  if (database.file.string().find('"') != std::string::npos)
    throw Fault{{Errc::invalid, "the database's path may not hold a '\"'"}};
  make_file(database.file);
  auto session = std::make_unique<SociSession>(soci::sqlite3, "dbname=\"" + database.file.string() + "\"", true);
  settle(*session, database, patience);
  return session;
}

/// libpq would wait for ever for a server that does not answer.
std::string with_patience(std::string conninfo, Duration patience) {
  if (conninfo.find("connect_timeout") != std::string::npos) return conninfo;
  const std::string seconds = std::to_string(std::max<std::int64_t>(2, patience.count() / 1000));
  if (conninfo.find("://") == std::string::npos) return conninfo + " connect_timeout=" + seconds;
  return conninfo + (conninfo.find('?') == std::string::npos ? "?" : "&") + "connect_timeout=" + seconds;
}

std::unique_ptr<Session> connect(const PostgresqlDatabase& database, Duration patience) {
  const std::string where = with_patience(std::string(database.conninfo.text()), patience);
  auto session = std::make_unique<SociSession>(soci::postgresql, where, false);
  const std::string limit = std::to_string(patience.count());
  session->execute("set client_encoding = 'UTF8'", {});
  session->execute("set client_min_messages = warning", {});  // libpq prints notices on stderr
  session->execute("set synchronous_commit = on", {});
  session->execute("set lock_timeout = " + limit, {});
  session->execute("set statement_timeout = " + std::to_string(6 * patience.count()), {});
  return session;
}

}  // namespace

std::unique_ptr<Session> connect(const Database& database, Duration patience) {
  try {
    return std::visit([&](const auto& one) { return connect(one, patience); }, database);
  } catch (const soci::soci_error& error) {
    Fault fault = fault_of(error);
    fault.connection_lost = false;  // there was none
    if (std::holds_alternative<PostgresqlDatabase>(database))
      fault.error = {Errc::unavailable, "no session with the database: " + error.get_error_message()};
    throw fault;
  }
}

}  // namespace postern::crypto::sql
