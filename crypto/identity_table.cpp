#include "crypto/identity_table.hpp"

#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "base/codec.hpp"
#include "crypto/identity_seal.hpp"
#include "crypto/key_tables.hpp"

namespace postern::crypto {
namespace {

using sql::Fault;
using sql::Row;
using sql::Session;
using sql::text;

constexpr const char* columns =
    "fingerprint, kind, bytes, chain, sealed, reference, source, added, not_before, not_after";
constexpr std::size_t most_intermediates = 10;

std::string encode_chain(const std::vector<std::string>& chain) {
  Writer out;
  out.u64(chain.size());
  for (const std::string& certificate : chain)
    out.bytes(certificate);
  return out.take();
}

std::vector<std::string> decode_chain(std::string_view bytes) {
  Reader in(bytes);
  std::vector<std::string> chain(in.count(most_intermediates));
  for (std::string& certificate : chain)
    certificate = in.bytes(longest_chain);
  if (!in.finished()) throw Fault{{Errc::corrupt, "the key database holds a chain that cannot be read"}};
  return chain;
}

/// Without addresses and without what is sealed.
SigningIdentity identity_of(const Row& row) {
  SigningIdentity identity;
  identity.fingerprint = text(row[0]);
  identity.kind = kind_of(row[1]);
  identity.bytes = bytes_of(row[2]);
  identity.chain = decode_chain(bytes_of(row[3]));
  if (!sql::is_null(row[5])) {
    auto reference = parse_key_reference(text(row[5]));
    if (!reference) throw Fault{{Errc::corrupt, "an identity's reference cannot be read: " + reference.error().text}};
    identity.key = std::move(*reference);
  }
  identity.source = text(row[6]);
  identity.added = time_of(row[7]);
  identity.not_before = time_of(row[8]);
  identity.not_after = perhaps_time(row[9]);
  return identity;
}

void read_addresses(Session& session, SigningIdentity& identity) {
  for (const Row& row : session.query("select address from identity_address where fingerprint = :1 order by address",
                                      {identity.fingerprint}))
    identity.addresses.push_back(text(row[0]));
}

Result<void> open_key(const Row& row, const IdentitySeal& seal, SigningIdentity& identity) {
  if (sql::is_null(row[4])) return {};
  if (seal.key.empty())
    return fail(Errc::denied, "the private key of " + short_fingerprint(identity.fingerprint) +
                                  " is sealed, and there is no KEK to open it");
  auto key = open_identity(seal.key, identity.fingerprint, bytes_of(row[4]));
  if (!key) return fail(key.error());
  identity.key = std::move(*key);
  return {};
}

/// One that is damaged is no reason to be without the others.
Result<SigningIdentity> opened(const Row& row, const IdentitySeal& seal) {
  try {
    SigningIdentity identity = identity_of(row);
    if (auto key = open_key(row, seal, identity); !key) return fail(key.error());
    return identity;
  } catch (const Fault& damaged) {
    return fail(damaged.error);
  }
}

constexpr std::string_view kek_mark = "the KEK of this database";

std::string kek_check(const IdentitySeal& seal) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(kek_mark.data());
  return format_base64(seal_identity(seal.key, kek_mark, Secret(std::span(bytes, kek_mark.size())), seal.random));
}

}  // namespace

void check_kek(Session& session, const IdentitySeal& seal) {
  if (seal.key.empty()) return;
  const auto kept = [&] {
    const auto rows = session.query("select kek_check from key_store_state where id = 1", {});
    return rows.empty() ? sql::Value() : rows[0][0];
  };
  sql::Value mark = kept();
  if (sql::is_null(mark)) {
    sql::Transaction transaction(session);
    session.execute("update key_store_state set kek_check = :1 where id = 1 and kek_check is null", {kek_check(seal)});
    transaction.commit();
    mark = kept();  // perhaps another process was first
  }
  if (open_identity(seal.key, kek_mark, bytes_of(mark))) return;
  throw Fault{{Errc::denied,
               "the private keys in the key database were sealed under another KEK than spool.kek is now: give the one "
               "that it had, or remove the identities with it and import them anew"}};
}

Result<void> check_identity(const SigningIdentity& identity) {
  KeyRecord key;
  key.kind = identity.kind;
  key.fingerprint = identity.fingerprint;
  key.addresses = identity.addresses;
  key.bytes = identity.bytes;
  if (auto checked = check_key(key); !checked) return checked;
  std::size_t size = 0;
  for (const std::string& certificate : identity.chain)
    size += certificate.size();
  if (identity.chain.size() > most_intermediates || size > longest_chain)
    return fail(Errc::limit, "a chain of more than " + std::to_string(most_intermediates) + " certificates");
  const auto* secret = std::get_if<Secret>(&identity.key);
  if (secret != nullptr && secret->empty()) return fail(Errc::invalid, "an identity has a private key, or names one");
  if (secret != nullptr && secret->bytes().size() > longest_key)
    return fail(Errc::limit, "the private key is too long");
  return {};
}

void add_identity(Session& session, const SigningIdentity& identity, const IdentitySeal& seal) {
  sql::Value sealed, reference;
  if (const auto* secret = std::get_if<Secret>(&identity.key)) {
    if (seal.key.empty()) throw Fault{{Errc::denied, "without a KEK no private key is taken in"}};
    sealed = format_base64(seal_identity(seal.key, identity.fingerprint, *secret, seal.random));
  } else {
    reference = format_key_reference(std::get<KeyReference>(identity.key));
  }
  session.execute("delete from identity_address where fingerprint = :1", {identity.fingerprint});
  session.execute("delete from signing_identity where fingerprint = :1", {identity.fingerprint});
  session.execute(
      "insert into signing_identity (" + std::string(columns) + ") values (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10)",
      {identity.fingerprint, static_cast<std::int64_t>(identity.kind), format_base64(identity.bytes),
       format_base64(encode_chain(identity.chain)), sealed, reference, one_line(identity.source),
       stored(identity.added), stored(identity.not_before), stored(identity.not_after)});
  for (const std::string& address : identity.addresses)
    session.execute("insert into identity_address (fingerprint, address) values (:1, :2)",
                    {identity.fingerprint, address});
}

std::vector<KnownIdentity> find_identities(Session& session, const std::string& address, KeyKind kind,
                                           const IdentitySeal& seal) {
  std::vector<KnownIdentity> known;
  for (const std::string& name : {address, "@" + domain_of(address)}) {
    for (const Row& row : session.query(
             "select " + std::string(columns) +
                 " from signing_identity where fingerprint in (select fingerprint from identity_address where address "
                 "= :1) and kind = :2 order by not_before desc, added desc, fingerprint",
             {name, static_cast<std::int64_t>(kind)})) {
      KnownIdentity& one = known.emplace_back(time_of(row[8]), perhaps_time(row[9]), opened(row, seal));
      if (one.identity) read_addresses(session, *one.identity);
    }
  }
  return known;
}

const Result<SigningIdentity>* valid_identity(const std::vector<KnownIdentity>& known, Time at) {
  const auto found = std::ranges::find_if(known, [at](const KnownIdentity& one) {
    return one.not_before <= at && (!one.not_after || *one.not_after > at);
  });
  return found == known.end() ? nullptr : &found->identity;
}

std::vector<SigningIdentity> list_identities(Session& session) {
  std::vector<SigningIdentity> identities;
  for (const Row& row :
       session.query("select " + std::string(columns) + " from signing_identity order by fingerprint", {})) {
    identities.push_back(identity_of(row));
    read_addresses(session, identities.back());
  }
  return identities;
}

void remove_identity(Session& session, const std::string& fingerprint) {
  session.execute("delete from identity_address where fingerprint = :1", {fingerprint});
  if (session.execute("delete from signing_identity where fingerprint = :1", {fingerprint}) == 0)
    throw Fault{{Errc::not_found, "there is no identity " + short_fingerprint(fingerprint)}};
}

}  // namespace postern::crypto
