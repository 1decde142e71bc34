#include "crypto/key_schema.hpp"

#include <array>

#include "crypto/sql_migration.hpp"

namespace postern::crypto {
namespace {

// Times are milliseconds since 1970, flags 0 and 1, bytes base64. `state` has one row: its generation moves with every
// change, and since each change begins with it, writers to PostgreSQL go one after the other.
const sql::Step version_1 = {
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
const sql::Step version_2 = {
    "create table key_lookup (address text not null, source text not null, said text not null, asked bigint not null, "
    "holds_until bigint not null, primary key (address, source))",
    "create index key_lookup_end on key_lookup (holds_until)",
};
const sql::Step version_3 = {
    "create table certificate_revocation (fingerprint text primary key, revoked bigint not null, said bigint not null, "
    "holds_until bigint not null, asked bigint not null, answer text not null)",
};
const std::array steps = {version_1, version_2, version_3};

}  // namespace

void migrate_key_tables(sql::Session& session, Time now) {
  sql::migrate(session, {"key_store_migration", "the key database", 7031853021, steps}, now);
}

}  // namespace postern::crypto
