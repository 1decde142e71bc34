#include "portal/schema.hpp"

#include <array>

#include "crypto/sql_migration.hpp"

namespace postern::portal {
namespace {

// Times are milliseconds since 1970, flags 0 and 1, bytes base64. `kept` is 0 while chunks arrive. `shell` is the
// deposit's own key, wrapped by `epoch`; empty once it is destroyed. portal_state has one row, whose number each event
// moves.
const crypto::sql::Step version_1 = {
    "create table portal_state (id bigint primary key, last_event bigint not null, octets bigint not null)",
    "insert into portal_state (id, last_event, octets) values (1, 0, 0)",
    "create table portal_deposit (id text primary key, tenant text not null, created bigint not null, expires bigint "
    "not "
    "null, size bigint not null, chunks bigint not null, kept bigint not null, epoch bigint not null, shell text not "
    "null)",
    "create index portal_deposit_expires on portal_deposit (expires)",
    "create index portal_deposit_epoch on portal_deposit (epoch)",
    "create table portal_chunk (deposit text not null references portal_deposit (id) on delete cascade, number bigint "
    "not "
    "null, bytes text not null, primary key (deposit, number))",
    "create table portal_pickup (lookup text primary key, deposit text not null references portal_deposit (id) on "
    "delete "
    "cascade, number bigint not null, sealed text not null, opened bigint)",
    "create index portal_pickup_deposit on portal_pickup (deposit)",
    "create table portal_event (number bigint primary key, kind bigint not null, lookup text not null, at bigint not "
    "null)",
};
// What visitors wrote, until posternd has it. No key of a pick-up is needed to hold it, so none takes it along.
const crypto::sql::Step version_2_replies = {
    "create table portal_reply (id text primary key, lookup text not null, at bigint not null, salt text not null, "
    "size "
    "bigint not null, chunks bigint not null)",
    "create index portal_reply_lookup on portal_reply (lookup)",
    "create table portal_reply_chunk (reply text not null references portal_reply (id) on delete cascade, number "
    "bigint "
    "not null, bytes text not null, primary key (reply, number))",
};
// Passwords that recipients chose: what they lock, sealed under a key from the KEK (account_rows.hpp).
const crypto::sql::Step version_3_accounts = {
    "create table portal_account (name text primary key, tenant text not null, sealed text not null, version bigint "
    "not null, used bigint not null)",
    "create index portal_account_used on portal_account (used)",
};
const std::array steps = {version_1, version_2_replies, version_3_accounts};

}  // namespace

void migrate_portal_tables(crypto::sql::Session& session, Time now) {
  crypto::sql::migrate(session, {"portal_migration", "the portal's database", 7031853022, steps}, now);
}

}  // namespace postern::portal
