// Recipients' public keys and senders' identities, in SQLite or PostgreSQL. Thread-safe and blocking: behind `offload`,
// but for `index`.
//
//   auto store = open_key_store({SqliteDatabase{state / "keys.db"}, kek}, random);
//   (*store)->refresh(now);                                  // once a second at most asks the database
//   if ((*store)->index()->kinds(address, now).any())        // no query for recipients without keys
//     auto keys = (*store)->find(address);                   // certificates and OpenPGP keys, the best first
//
// A key is one thing, what binds it to an address another: trust, source and evidence are of the binding. What a record
// lists is one key with those of its addresses of which the same is known. Nothing here judges validity, chains or
// algorithms: `find` gives keys that have expired too, so that who chooses can say why none is usable.
//
// How old may the index be? What this process writes is in it when the call returns; what another writes, at the first
// `refresh` a second or more after the one before. One that is too old costs a needless query, or a message its best
// way: never a wrong key, since keys come from `find`. That, `lookups` and `find_identity` ask the database each time
// whether anything has changed, whoever did it, and read again only then: what was revoked is not in the next answer.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "crypto/database.hpp"
#include "crypto/key_record.hpp"
#include "crypto/revocation.hpp"
#include "crypto/signing_identity.hpp"
#include "mail/address.hpp"

namespace postern::crypto {

struct KeyKinds {
  bool certificate = false, openpgp = false;
  [[nodiscard]] bool any() const { return certificate || openpgp; }
  bool operator==(const KeyKinds&) const = default;
};

/// Which addresses and domains have a key that `find` would give and that has not expired. A snapshot; never changes
/// once the store has given it away.
class KeyIndex {
 public:
  /// "ann@lab.example" or "@lab.example" has a key of this kind until then.
  void add(const std::string& name, KeyKind kind, Time until);
  /// What stands here for `name` counts instead of what `older` has, nothing included.
  void change(const std::string& name);
  [[nodiscard]] KeyKinds kinds(const mail::Address& address, Time now) const;
  [[nodiscard]] std::size_t size() const;     // names
  [[nodiscard]] std::size_t changes() const;  // names that `older` does not decide
  std::shared_ptr<const KeyIndex> older;      // of which this one has only the changes
  std::uint64_t generation = 0;

 private:
  struct Until {
    Time certificate = Time::min(), openpgp = Time::min();
  };
  [[nodiscard]] KeyKinds kinds_of(const std::string& name, Time now) const;
  std::unordered_map<std::string, Until> until_;
};

/// Everything that is set must hold.
struct KeyFilter {
  std::optional<KeyKind> kind;
  std::string fingerprint;  // or how it begins
  std::string address;      // this one ("ann@lab.example", "@lab.example")
  std::string domain;       // addresses in it, and "@" with it
  std::optional<Trust> trust;
  std::optional<Time> expires_before;
  std::optional<bool> awaits_approval;
  std::optional<bool> revoked;
};

enum class AddOutcome {
  added,
  changed,  // known already; now better trusted, or newer (same key, other bytes or addresses)
  unchanged,
  awaits_approval,  // another key of the address is pinned, or better trusted: an administrator decides
  refused,          // an administrator has refused this key: it stays so
};
[[nodiscard]] std::string_view format_add_outcome(AddOutcome outcome);

struct AddResult {
  AddOutcome outcome = AddOutcome::added;  // of several addresses: the last of those above that is true of one
  std::string event;                       // one line for the log: which key, which address, what came of it
};

/// Beyond these a key is Errc::limit: a record is read into memory, and who looks up keys takes them from strangers.
inline constexpr std::size_t longest_key = 256U << 10, most_key_addresses = 100, longest_chain = 64U << 10;

/// As the store writes addresses: lower case, the domain as A-labels; "@lab.example" is all of a domain.
[[nodiscard]] Result<std::string> parse_key_address(std::string_view text);

/// One key, or one key at one address.
struct KeyName {
  std::string fingerprint;   // whole
  std::string address = {};  // empty: all of its addresses
};

/// What a source of keys (DNS, a web server, a directory) said of an address.
struct KeyLookup {
  std::string address;  // in its stored form
  std::string source;   // as the records that it gave: "smimea"
  std::string said;     // one line
  Time at{}, until{};   // when, and how long it holds
};

/// What the issuer of a certificate said: `good` or `revoked`.
struct KeptRevocation {
  std::string fingerprint;
  RevocationAnswer answer;
  Time asked{};
};

class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // Recipients' keys

  /// Binds a key to its addresses: an address that it is bound to already keeps the stronger trust. Where another key
  /// is pinned at an address, or for its domain, a less trusted one awaits approval. Other bytes of a known key
  /// (OpenPGP: new subkeys, another expiry) are taken from a source that is trusted at least as much as the best
  /// before. Errc::invalid: no address, or a fingerprint that is not the certificate's.
  [[nodiscard]] virtual Result<AddResult> add(const KeyRecord& key) = 0;
  /// All or none, in one transaction; one result each.
  [[nodiscard]] virtual Result<std::vector<AddResult>> add(const std::vector<KeyRecord>& keys) = 0;
  /// Those of the address itself, then those of its whole domain; in each the strongest trust first, then the newest.
  /// None that is refused, revoked or awaits approval. Each record has the one address that it was found by.
  [[nodiscard]] virtual Result<std::vector<KeyRecord>> find(const mail::Address& address) = 0;
  [[nodiscard]] virtual Result<std::vector<KeyRecord>> list(const KeyFilter& filter, std::size_t limit = 10'000) = 0;
  /// `refused` is of the key wherever it comes from, and ends only by another trust given here. `pinned` approves.
  [[nodiscard]] virtual Result<void> set_trust(const KeyName& key, Trust trust) = 0;
  /// Of the key, for good: it is kept so that it is known when it comes again.
  [[nodiscard]] virtual Result<void> revoke(const std::string& fingerprint, Time at) = 0;
  /// The key becomes `pinned`; older keys of the same kind at the same address await approval in its stead.
  [[nodiscard]] virtual Result<void> approve(const KeyName& key) = 0;
  /// Forgets it, refusal and revocation too. Errc::not_found for this and all above.
  [[nodiscard]] virtual Result<void> remove(const KeyName& key) = 0;

  // What was looked up

  /// Of the address itself, those that have ended too.
  [[nodiscard]] virtual Result<std::vector<KeyLookup>> lookups(const mail::Address& address) = 0;
  /// An answer and the keys that it gave, in one transaction: they are added; what the same source gave for the address
  /// before, and does not now, is bound to it no more, unless an administrator pinned it.
  [[nodiscard]] virtual Result<std::vector<AddResult>> learn(const KeyLookup& lookup,
                                                             const std::vector<KeyRecord>& keys) = 0;

  // What issuers said

  /// In place of what is known of the certificate; but a revocation ends only by a later word of the issuer.
  [[nodiscard]] virtual Result<void> keep_revocation(const KeptRevocation& kept) = 0;
  /// Those that hold at `now`, the latest asked for first; what has ended is erased.
  [[nodiscard]] virtual Result<std::vector<KeptRevocation>> revocations(Time now, std::size_t limit) = 0;

  // Senders' identities

  /// A private key is sealed under the KEK before it is written; the same fingerprint again replaces what was there.
  /// Errc::denied: there is no KEK.
  [[nodiscard]] virtual Result<void> add_identity(const SigningIdentity& identity) = 0;
  /// The identity of this address, else of its domain, that is valid at `at`; of several the newest.
  [[nodiscard]] virtual Result<std::optional<SigningIdentity>> find_identity(const mail::Address& address, KeyKind kind,
                                                                             Time at) = 0;
  /// All, without private keys (references are given).
  [[nodiscard]] virtual Result<std::vector<SigningIdentity>> identities() = 0;
  [[nodiscard]] virtual Result<void> remove_identity(const std::string& fingerprint) = 0;

  // The hot path

  /// Never blocks.
  [[nodiscard]] virtual std::shared_ptr<const KeyIndex> index() const = 0;
  /// Reads the index anew where the database has changed; asks it once a second at most. After an Error the index is
  /// what it was.
  [[nodiscard]] virtual Result<void> refresh(Time now) = 0;
};

struct KeyStoreOptions {
  Database database;
  Secret kek;  // empty: private keys stay shut, all else works
  std::size_t sessions = 4;
  Duration patience = std::chrono::seconds(5);  // for a lock or a session that others hold
};

/// Makes or upgrades the tables. Errc::denied: private keys in it were sealed under another KEK; Errc::too_new: by a
/// newer version; Errc::unavailable: the server is not there, or the database stayed locked.
[[nodiscard]] Result<std::unique_ptr<KeyStore>> open_key_store(KeyStoreOptions options, Random& random);

}  // namespace postern::crypto
