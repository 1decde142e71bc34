#include "crypto/sql_migration.hpp"

namespace postern::crypto::sql {
namespace {

std::int64_t version_of(Session& session, const std::string& table) {
  return number(session.query("select coalesce(max(version), 0) from " + table, {}).front().front());
}

/// Without a lock: who only looks does not wait for who writes.
bool is_current(Session& session, const Migrations& migrations) {
  const std::string found = session.is_sqlite()
                                ? "select count(*) from sqlite_master where name = '" + migrations.table + "'"
                                : "select count(to_regclass('" + migrations.table + "'))";
  return number(session.query(found, {}).front().front()) == 1 &&
         version_of(session, migrations.table) == static_cast<std::int64_t>(migrations.steps.size());
}

}  // namespace

void migrate(Session& session, const Migrations& migrations, Time now) {
  if (is_current(session, migrations)) return;
  Transaction transaction(session);
  const std::string& table = migrations.table;
  if (!session.is_sqlite())
    session.execute("select pg_advisory_xact_lock(" + std::to_string(migrations.lock) + ")", {});
  session.execute("create table if not exists " + table + " (version bigint primary key, applied bigint not null)", {});
  std::int64_t version = version_of(session, table);
  const auto known = static_cast<std::int64_t>(migrations.steps.size());
  if (version > known) {
    throw Fault{{Errc::too_new, migrations.what + " has form " + std::to_string(version) +
                                    ", this version of Postern knows " + std::to_string(known)}};
  }
  for (; version < known; ++version) {
    for (const char* statement : migrations.steps[static_cast<std::size_t>(version)])
      session.execute(statement, {});
    session.execute("insert into " + table + " (version, applied) values (:1, :2)",
                    {version + 1, now.time_since_epoch().count()});
  }
  transaction.commit();
}

}  // namespace postern::crypto::sql
