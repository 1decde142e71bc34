#include "crypto/lookup_table.hpp"

#include <algorithm>

namespace postern::crypto {
namespace {

using sql::number;
using sql::Row;
using sql::Session;
using sql::text;

/// An answer that ended so long ago is of nobody who still gets mail.
constexpr Duration forgotten_after = std::chrono::hours(24 * 90);

struct Withdrawn {
  std::string fingerprint;
  bool in_memory = false;  // refused or revoked: known when it comes again
};

/// What the source bound to the address, and does not name any more. What an administrator pinned is his.
std::vector<Withdrawn> withdrawn(Session& session, const KeyLookup& lookup, const std::vector<KeyRecord>& keys) {
  std::vector<Withdrawn> gone;
  for (const Row& row : session.query(
           "select b.fingerprint, k.refused, k.revoked from key_binding b join recipient_key k on k.fingerprint = "
           "b.fingerprint where b.address = :1 and b.source = :2 and b.trust < :3",
           {lookup.address, lookup.source, static_cast<std::int64_t>(Trust::pinned)})) {
    const std::string fingerprint = text(row[0]);
    if (std::ranges::find(keys, fingerprint, &KeyRecord::fingerprint) == keys.end())
      gone.push_back({fingerprint, number(row[1]) != 0 || !sql::is_null(row[2])});
  }
  return gone;
}

}  // namespace

std::vector<KeyLookup> find_lookups(Session& session, const std::string& address) {
  std::vector<KeyLookup> known;
  for (const Row& row : session.query(
           "select source, said, asked, holds_until from key_lookup where address = :1 order by source", {address}))
    known.push_back({address, text(row[0]), text(row[1]), time_of(row[2]), time_of(row[3])});
  return known;
}

std::vector<AddResult> learn(Session& session, const KeyLookup& lookup, const std::vector<KeyRecord>& keys,
                             Touched& touched) {
  std::vector<AddResult> results;
  for (const Withdrawn& one : withdrawn(session, lookup, keys)) {
    if (one.in_memory) continue;
    remove_key(session, {one.fingerprint, lookup.address}, touched);
    // Another source may have named the same key, and only the better of the two is on the binding.
    session.execute("delete from key_lookup where address = :1 and source <> :2", {lookup.address, lookup.source});
    results.push_back({AddOutcome::changed, "key " + short_fingerprint(one.fingerprint) + " for " + lookup.address +
                                                " is withdrawn: " + lookup.source + " names it no more"});
  }
  for (const KeyRecord& key : keys)
    results.push_back(add_key(session, key, touched));
  session.execute("delete from key_lookup where (address = :1 and source = :2) or holds_until < :3",
                  {lookup.address, lookup.source, stored(lookup.at - forgotten_after)});
  session.execute("insert into key_lookup (address, source, said, asked, holds_until) values (:1, :2, :3, :4, :5)",
                  {lookup.address, lookup.source, one_line(lookup.said), stored(lookup.at), stored(lookup.until)});
  return results;
}

}  // namespace postern::crypto
