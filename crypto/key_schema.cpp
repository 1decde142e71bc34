#include "crypto/key_schema.hpp"

#include <array>
#include <initializer_list>

namespace postern::crypto {
namespace {

using Step = std::initializer_list<const char*>;

// Times are milliseconds since 1970, flags 0 and 1, bytes base64. `state` has one row: its generation moves with every
// change, and since each change begins with it, writers to PostgreSQL go one after the other.
const Step version_1 = {
    "create table key_store_state (id bigint primary key, generation bigint not null, kek_check text)",
    "insert into key_store_state (id, generation) values (1, 1)",
    "create table recipient_key (fingerprint text primary key, kind bigint not null, bytes text not null, "
    "added bigint not null, not_before bigint not null, not_after bigint, revoked bigint, refused bigint not null)",
    "create table key_binding (fingerprint text not null references recipient_key (fingerprint) on delete cascade, "
    "address text not null, domain text not null, trust bigint not null, source text not null, evidence text not null, "
    "added bigint not null, awaits_approval bigint not null, primary key (fingerprint, address))",
    "create index key_binding_address on key_binding (address)",
    "create index key_binding_domain on key_binding (domain)",
    "create index recipient_key_expiry on recipient_key (not_after)",
    "create table signing_identity (fingerprint text primary key, kind bigint not null, bytes text not null, "
    "chain text not null, sealed text, reference text, source text not null, added bigint not null, "
    "not_before bigint not null, not_after bigint)",
    "create table identity_address (fingerprint text not null references signing_identity (fingerprint) on delete "
    "cascade, address text not null, primary key (fingerprint, address))",
    "create index identity_address_address on identity_address (address)",
};
const std::array steps = {version_1};

constexpr const char* lock = "select pg_advisory_xact_lock(7031853021)";  // any number that nobody else takes

std::int64_t version_of(sql::Session& session) {
  return sql::number(session.query("select coalesce(max(version), 0) from key_store_migration", {}).front().front());
}

/// Without a lock: who only looks does not wait for who writes.
bool is_current(sql::Session& session) {
  const char* found = session.is_sqlite() ? "select count(*) from sqlite_master where name = 'key_store_migration'"
                                          : "select count(to_regclass('key_store_migration'))";
  return sql::number(session.query(found, {}).front().front()) == 1 &&
         version_of(session) == static_cast<std::int64_t>(steps.size());
}

}  // namespace

void migrate_key_tables(sql::Session& session, Time now) {
  if (is_current(session)) return;
  sql::Transaction transaction(session);
  if (!session.is_sqlite()) session.execute(lock, {});
  session.execute(
      "create table if not exists key_store_migration (version bigint primary key, applied bigint not null)", {});
  std::int64_t version = version_of(session);
  const auto known = static_cast<std::int64_t>(steps.size());
  if (version > known) {
    throw sql::Fault{{Errc::too_new, "the key database has form " + std::to_string(version) +
                                         ", this version of Postern knows " + std::to_string(known)}};
  }
  for (; version < known; ++version) {
    for (const char* statement : steps[static_cast<std::size_t>(version)])
      session.execute(statement, {});
    session.execute("insert into key_store_migration (version, applied) values (:1, :2)",
                    {version + 1, now.time_since_epoch().count()});
  }
  transaction.commit();
}

}  // namespace postern::crypto
