#include "crypto/key_tables.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/utf8.hpp"
#include "crypto/certificate.hpp"

namespace postern::crypto {
namespace {

using sql::Fault;
using sql::number;
using sql::Row;
using sql::Session;
using sql::text;
using sql::Values;

/// What `find` may give away.
constexpr const char* usable = "k.refused = 0 and k.revoked is null and b.awaits_approval = 0";
constexpr const char* bindings = "from key_binding b join recipient_key k on k.fingerprint = b.fingerprint";
constexpr const char* columns =
    "b.fingerprint, k.kind, b.address, b.trust, b.source, b.evidence, b.added, b.awaits_approval, k.not_before, "
    "k.not_after, k.revoked, k.refused";

std::int64_t stored(Trust trust) {
  return static_cast<std::int64_t>(trust);
}
std::int64_t stored(KeyKind kind) {
  return static_cast<std::int64_t>(kind);
}

Trust trust_of(const sql::Value& value) {
  const std::int64_t of = number(value);
  if (of < stored(Trust::refused) || of > stored(Trust::pinned))
    throw Fault{{Errc::corrupt, "the key database holds a trust that does not exist"}};
  return static_cast<Trust>(of);
}

/// In the order of `columns`, without bytes.
KeyRecord record_of(const Row& row) {
  KeyRecord key;
  key.fingerprint = text(row[0]);
  key.kind = kind_of(row[1]);
  key.addresses = {text(row[2])};
  key.trust = number(row[11]) != 0 ? Trust::refused : trust_of(row[3]);
  key.source = text(row[4]);
  key.evidence = text(row[5]);
  key.added = time_of(row[6]);
  key.awaits_approval = number(row[7]) != 0;
  key.not_before = time_of(row[8]);
  key.not_after = perhaps_time(row[9]);
  key.revoked = perhaps_time(row[10]);
  return key;
}

void read_bytes(Session& session, std::vector<KeyRecord>& keys) {
  constexpr std::size_t at_once = 200;  // parameters of one statement
  std::map<std::string, std::string> bytes;
  for (std::size_t begin = 0; begin < keys.size(); begin += at_once) {
    std::string statement = "select fingerprint, bytes from recipient_key where fingerprint in (";
    Values values;
    for (std::size_t i = begin; i < std::min(keys.size(), begin + at_once); ++i) {
      values.emplace_back(keys[i].fingerprint);
      statement += (i == begin ? ":" : ", :") + std::to_string(values.size());
    }
    for (const Row& row : session.query(statement + ")", values))
      bytes[text(row[0])] = bytes_of(row[1]);
  }
  for (KeyRecord& key : keys)
    key.bytes = bytes[key.fingerprint];
}

std::vector<std::string> addresses_of(Session& session, const std::string& fingerprint) {
  std::vector<std::string> addresses;
  for (const Row& row : session.query("select address from key_binding where fingerprint = :1", {fingerprint}))
    addresses.push_back(text(row[0]));
  return addresses;
}

/// Those that a name is of; Errc::not_found where there is none.
std::vector<std::string> addresses_of(Session& session, const KeyName& key) {
  std::vector<std::string> addresses = addresses_of(session, key.fingerprint);
  if (!key.address.empty()) std::erase_if(addresses, [&](const std::string& one) { return one != key.address; });
  if (!addresses.empty()) return addresses;
  throw Fault{{Errc::not_found, "there is no key " + short_fingerprint(key.fingerprint) +
                                    (key.address.empty() ? "" : " for " + key.address)}};
}

// A key that comes in

struct KnownKey {
  bool refused = false;
  std::optional<Time> revoked;
  std::string bytes;
};

std::optional<KnownKey> find_known(Session& session, const std::string& fingerprint) {
  const auto rows =
      session.query("select refused, revoked, bytes from recipient_key where fingerprint = :1", {fingerprint});
  if (rows.empty()) return std::nullopt;
  return KnownKey{number(rows[0][0]) != 0, perhaps_time(rows[0][1]), bytes_of(rows[0][2])};
}

void insert_key(Session& session, const KeyRecord& key) {
  session.execute(
      "insert into recipient_key (fingerprint, kind, bytes, added, not_before, not_after, revoked, refused) "
      "values (:1, :2, :3, :4, :5, :6, :7, :8)",
      {key.fingerprint, stored(key.kind), format_base64(key.bytes), postern::crypto::stored(key.added),
       postern::crypto::stored(key.not_before), postern::crypto::stored(key.not_after),
       postern::crypto::stored(key.revoked), static_cast<std::int64_t>(key.trust == Trust::refused)});
}

/// A weaker source could bring back a form without a revocation or a subkey.
bool renew_bytes(Session& session, const KeyRecord& key, const KnownKey& known) {
  if (known.bytes == key.bytes) return false;
  const auto best =
      session.query("select coalesce(max(trust), 0) from key_binding where fingerprint = :1", {key.fingerprint});
  if (stored(key.trust) < number(best[0][0])) return false;
  session.execute("update recipient_key set bytes = :1, not_before = :2, not_after = :3 where fingerprint = :4",
                  {format_base64(key.bytes), postern::crypto::stored(key.not_before),
                   postern::crypto::stored(key.not_after), key.fingerprint});
  return true;
}

/// A key that is pinned at the address, or for the whole of its domain, and would be displaced.
std::optional<std::string> find_pinned(Session& session, const std::string& fingerprint, const std::string& address) {
  const auto rows =
      session.query("select b.fingerprint " + std::string(bindings) +
                        " where b.address in (:1, :2) and b.trust = :3 and b.fingerprint <> :4 and " + usable,
                    {address, "@" + domain_of(address), stored(Trust::pinned), fingerprint});
  if (rows.empty()) return std::nullopt;
  return text(rows[0][0]);
}

/// What is pinned at an address, or for a whole domain, leaves weaker keys there to an administrator.
void displace_weaker(Session& session, const std::string& fingerprint, const std::string& address, Touched& touched) {
  const bool whole_domain = address.starts_with('@');
  const std::string where = std::string(" where ") + (whole_domain ? "domain" : "address") +
                            " = :1 and trust < :2 and fingerprint <> :3 and awaits_approval = 0";
  const Values values = {whole_domain ? domain_of(address) : address, stored(Trust::pinned), fingerprint};
  for (const Row& row : session.query("select address from key_binding" + where, values))
    touched.insert(text(row[0]));
  session.execute("update key_binding set awaits_approval = 1" + where, values);
}

AddOutcome bind(Session& session, const KeyRecord& key, const std::string& address, Touched& touched,
                std::string& because) {
  const auto rows =
      session.query("select trust, awaits_approval from key_binding where fingerprint = :1 and address = :2",
                    {key.fingerprint, address});
  if (!rows.empty() && stored(key.trust) <= number(rows[0][0]))
    return number(rows[0][1]) != 0 ? AddOutcome::awaits_approval : AddOutcome::unchanged;
  const auto pinned = key.trust < Trust::pinned ? find_pinned(session, key.fingerprint, address) : std::nullopt;
  if (pinned) because = ": " + short_fingerprint(*pinned) + " is pinned";
  if (key.trust == Trust::pinned) displace_weaker(session, key.fingerprint, address, touched);
  const auto awaits = static_cast<std::int64_t>(pinned.has_value());
  const std::string source = one_line(key.source), evidence = one_line(key.evidence);
  if (rows.empty()) {
    session.execute(
        "insert into key_binding (fingerprint, address, domain, trust, source, evidence, added, awaits_approval) "
        "values (:1, :2, :3, :4, :5, :6, :7, :8)",
        {key.fingerprint, address, domain_of(address), stored(key.trust), source, evidence,
         postern::crypto::stored(key.added), awaits});
    return pinned ? AddOutcome::awaits_approval : AddOutcome::added;
  }
  session.execute(
      "update key_binding set trust = :1, source = :2, evidence = :3, awaits_approval = :4 where fingerprint = :5 and "
      "address = :6",
      {stored(key.trust), source, evidence, awaits, key.fingerprint, address});
  return pinned ? AddOutcome::awaits_approval : AddOutcome::changed;
}

std::string event_of(const KeyRecord& key, const std::string& address, const std::string& came_of_it) {
  return std::string(format_key_kind(key.kind)) + " " + short_fingerprint(key.fingerprint) + " for " + address + " (" +
         one_line(key.source) + ") " + came_of_it;
}

AddResult not_taken(const KeyRecord& key, const std::string& why) {
  return {AddOutcome::refused, event_of(key, key.addresses.front(), why)};
}

// What a filter asks for

struct Where {
  std::string text = "1 = 1";
  Values values;
  void add(const std::string& condition, sql::Value value) {
    values.push_back(std::move(value));
    text += " and " + condition + " :" + std::to_string(values.size());
  }
};

Where where_of(const KeyFilter& filter) {
  Where where;
  if (filter.kind) where.add("k.kind =", stored(*filter.kind));
  if (!filter.fingerprint.empty()) {  // a range, so that the index serves
    where.add("k.fingerprint >=", filter.fingerprint);
    where.add("k.fingerprint <=", filter.fingerprint + "g");  // behind every hexadecimal digit
  }
  if (!filter.address.empty()) where.add("b.address =", filter.address);
  if (!filter.domain.empty()) where.add("b.domain =", filter.domain);
  if (filter.trust == Trust::refused) where.add("k.refused =", std::int64_t{1});
  if (filter.trust && filter.trust != Trust::refused) {
    where.add("k.refused =", std::int64_t{0});
    where.add("b.trust =", stored(*filter.trust));
  }
  if (filter.expires_before) where.add("k.not_after <", postern::crypto::stored(*filter.expires_before));
  if (filter.awaits_approval) where.add("b.awaits_approval =", std::int64_t{*filter.awaits_approval});
  if (filter.revoked) where.text += *filter.revoked ? " and k.revoked is not null" : " and k.revoked is null";
  return where;
}

/// One key of which the same is known at several addresses is one record.
bool is_of_one(const KeyRecord& a, const KeyRecord& b) {
  const auto what = [](const KeyRecord& key) {
    return std::tie(key.fingerprint, key.trust, key.source, key.evidence, key.awaits_approval);
  };
  return what(a) == what(b);
}

void read_rows_into(const std::vector<Row>& rows, KeyIndex& index) {
  for (const Row& row : rows)
    index.add(text(row[0]), kind_of(row[1]), perhaps_time(row[2]).value_or(Time::max()));
}

/// `max` skips what is null, and null is for ever.
std::string index_query(const std::string& more) {
  return "select b.address, k.kind, case when count(k.not_after) = count(*) then max(k.not_after) end " +
         std::string(bindings) + " where " + usable + more + " group by b.address, k.kind";
}

}  // namespace

std::int64_t stored(Time time) {
  return time.time_since_epoch().count();
}
sql::Value stored(const std::optional<Time>& time) {
  if (!time) return std::monostate();
  return stored(*time);
}
Time time_of(const sql::Value& value) {
  return Time(Duration(number(value)));
}
std::optional<Time> perhaps_time(const sql::Value& value) {
  if (sql::is_null(value)) return std::nullopt;
  return time_of(value);
}

std::string bytes_of(const sql::Value& base64) {
  auto bytes = parse_base64(text(base64));
  if (!bytes) throw Fault{{Errc::corrupt, "the key database holds bytes that are not base64"}};
  return std::move(*bytes);
}

KeyKind kind_of(const sql::Value& value) {
  const std::int64_t kind = number(value);
  if (kind != stored(KeyKind::certificate) && kind != stored(KeyKind::openpgp))
    throw Fault{{Errc::corrupt, "the key database holds a kind of key that does not exist"}};
  return static_cast<KeyKind>(kind);
}

std::string one_line(std::string_view text) {
  constexpr std::size_t longest = 500;
  std::string clean;
  while (!text.empty() && clean.size() < longest) {
    const std::size_t octets = utf8_character(text);
    clean += octets == 0 ? "?" : text.substr(0, octets);
    text.remove_prefix(std::max<std::size_t>(octets, 1));
  }
  return clean;
}

std::string domain_of(std::string_view address) {
  return std::string(address.substr(address.rfind('@') + 1));
}

std::string short_fingerprint(std::string_view fingerprint) {
  constexpr std::size_t enough = 16;
  return std::string(fingerprint.substr(0, enough)) + (fingerprint.size() > enough ? "…" : "");
}

std::uint64_t next_generation(Session& session) {
  session.execute("update key_store_state set generation = generation + 1 where id = 1", {});
  return generation_of(session);
}

std::uint64_t generation_of(Session& session) {
  const auto generation = session.number_now("select generation from key_store_state where id = 1");
  if (!generation) throw Fault{{Errc::corrupt, "the key database has lost its generation"}};
  return static_cast<std::uint64_t>(*generation);
}

Result<void> check_key(const KeyRecord& key) {
  const bool hexadecimal = key.fingerprint.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hexadecimal || (key.fingerprint.size() != 40 && key.fingerprint.size() != 64))
    return fail(Errc::invalid, "a fingerprint is 40 or 64 lower-case hexadecimal digits");
  if (key.addresses.empty()) return fail(Errc::invalid, "a key without an address is of no use");
  if (key.bytes.empty()) return fail(Errc::invalid, "a key without its bytes is of no use");
  if (key.bytes.size() > longest_key)
    return fail(Errc::limit, "a key of more than " + std::to_string(longest_key) + " octets");
  if (key.addresses.size() > most_key_addresses)
    return fail(Errc::limit, "a key with more than " + std::to_string(most_key_addresses) + " addresses");
  for (const std::string& address : key.addresses) {
    const auto normal = parse_key_address(address);
    if (!normal) return fail(normal.error());
    if (*normal != address) return fail(Errc::invalid, "the address is not in its stored form");
  }
  if (key.kind == KeyKind::openpgp) return {};
  const auto certificate = Certificate::parse_der(key.bytes);
  if (!certificate) return fail(certificate.error());
  if (certificate->fingerprint() != key.fingerprint) return fail(Errc::invalid, "not this certificate's fingerprint");
  return {};
}

AddResult add_key(Session& session, const KeyRecord& key, Touched& touched) {
  const auto known = find_known(session, key.fingerprint);
  if (known && known->refused) return not_taken(key, "refused: an administrator has refused this key");
  if (known && known->revoked) return not_taken(key, "refused: this key is revoked");
  touched.insert(key.addresses.begin(), key.addresses.end());
  bool changed = false;
  if (!known) {
    insert_key(session, key);
  } else {
    changed = renew_bytes(session, key, *known);
    const auto others = addresses_of(session, key.fingerprint);
    touched.insert(others.begin(), others.end());
    if (key.revoked) {  // nobody but its owner can say so, whoever brings it
      revoke_key(session, key.fingerprint, *key.revoked, touched);
      return {AddOutcome::changed, event_of(key, key.addresses.front(), "is revoked now")};
    }
  }
  AddResult result{changed ? AddOutcome::changed : AddOutcome::unchanged,
                   event_of(key, key.addresses.front(), changed ? "has been renewed" : "known already")};
  bool first = true;
  for (const std::string& address : key.addresses) {
    std::string because;
    const AddOutcome outcome = bind(session, key, address, touched, because);
    const bool tells_more = outcome == AddOutcome::awaits_approval || (outcome != AddOutcome::unchanged && first);
    if (!tells_more || result.outcome == AddOutcome::awaits_approval) continue;
    first = false;
    result = {outcome, event_of(key, address, std::string(format_add_outcome(outcome)) + because)};
  }
  return result;
}

std::string key_name(const mail::Address& address) {
  return lowered(address.local()) + "@" + address.domain().str();
}

std::vector<KeyRecord> find_keys(Session& session, const std::string& name) {
  const std::string all = "@" + domain_of(name);
  std::vector<KeyRecord> keys;
  for (const Row& row :
       session.query("select " + std::string(columns) + " " + bindings + " where b.address in (:1, :2) and " + usable,
                     {name, all}))
    keys.push_back(record_of(row));
  std::ranges::sort(keys, [&](const KeyRecord& a, const KeyRecord& b) {
    const auto rank = [&](const KeyRecord& key) {
      return std::tuple(key.addresses.front() != all, key.trust, key.not_before, key.added);
    };
    return std::tuple(rank(a), std::string_view(a.fingerprint)) > std::tuple(rank(b), std::string_view(b.fingerprint));
  });
  read_bytes(session, keys);
  return keys;
}

std::vector<KeyRecord> list_keys(Session& session, const KeyFilter& filter, std::size_t limit) {
  const Where where = where_of(filter);
  const std::size_t most_rows = limit * most_key_addresses;
  std::vector<KeyRecord> keys;
  for (const Row& row : session.query("select " + std::string(columns) + " " + bindings + " where " + where.text +
                                          " order by k.fingerprint, b.trust desc, b.source, b.evidence, "
                                          "b.awaits_approval, b.address limit " +
                                          std::to_string(most_rows),
                                      where.values)) {
    KeyRecord key = record_of(row);
    if (!keys.empty() && is_of_one(keys.back(), key)) {
      keys.back().addresses.push_back(std::move(key.addresses.front()));
    } else if (keys.size() < limit) {
      keys.push_back(std::move(key));
    } else {
      break;
    }
  }
  read_bytes(session, keys);
  return keys;
}

void trust_key(Session& session, const KeyName& key, Trust trust, Touched& touched) {
  const auto addresses = addresses_of(session, key);
  const auto all = addresses_of(session, key.fingerprint);
  touched.insert(all.begin(), all.end());
  session.execute("update recipient_key set refused = :1 where fingerprint = :2",
                  {static_cast<std::int64_t>(trust == Trust::refused), key.fingerprint});
  if (trust == Trust::refused) return;
  for (const std::string& address : addresses) {
    session.execute("update key_binding set trust = :1 where fingerprint = :2 and address = :3",
                    {stored(trust), key.fingerprint, address});
    if (trust != Trust::pinned) continue;
    session.execute("update key_binding set awaits_approval = 0 where fingerprint = :1 and address = :2",
                    {key.fingerprint, address});
    displace_weaker(session, key.fingerprint, address, touched);
  }
}

void revoke_key(Session& session, const std::string& fingerprint, Time at, Touched& touched) {
  const auto addresses = addresses_of(session, KeyName{fingerprint});
  touched.insert(addresses.begin(), addresses.end());
  session.execute("update recipient_key set revoked = coalesce(revoked, :1) where fingerprint = :2",
                  {postern::crypto::stored(at), fingerprint});
}

void approve_key(Session& session, const KeyName& key, Touched& touched) {
  const auto addresses = addresses_of(session, key);
  const auto kind =
      session.query("select kind, refused, revoked from recipient_key where fingerprint = :1", {key.fingerprint});
  if (number(kind[0][1]) != 0 || !sql::is_null(kind[0][2]))
    throw Fault{
        {Errc::invalid, "key " + short_fingerprint(key.fingerprint) + " is refused or revoked: it cannot be approved"}};
  touched.insert(addresses.begin(), addresses.end());
  for (const std::string& address : addresses) {
    displace_weaker(session, key.fingerprint, address, touched);
    session.execute(
        "update key_binding set awaits_approval = 1 where address = :1 and fingerprint <> :2 and fingerprint in "
        "(select fingerprint from recipient_key where kind = :3)",
        {address, key.fingerprint, kind[0][0]});
    session.execute("update key_binding set awaits_approval = 0, trust = :1 where fingerprint = :2 and address = :3",
                    {stored(Trust::pinned), key.fingerprint, address});
  }
}

void remove_key(Session& session, const KeyName& key, Touched& touched) {
  const auto addresses = addresses_of(session, key);
  touched.insert(addresses.begin(), addresses.end());
  for (const std::string& address : addresses)
    session.execute("delete from key_binding where fingerprint = :1 and address = :2", {key.fingerprint, address});
  if (addresses_of(session, key.fingerprint).empty())
    session.execute("delete from recipient_key where fingerprint = :1", {key.fingerprint});
}

void read_index(Session& session, KeyIndex& index) {
  read_rows_into(session.query(index_query(""), {}), index);
}

void read_index(Session& session, const std::string& name, KeyIndex& index) {
  index.change(name);
  read_rows_into(session.query(index_query(" and b.address = :1"), {name}), index);
}

}  // namespace postern::crypto
