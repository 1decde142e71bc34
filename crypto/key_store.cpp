#include "crypto/key_store.hpp"

#include <mutex>
#include <utility>

#include "base/ascii.hpp"
#include "base/current.hpp"
#include "crypto/identity_seal.hpp"
#include "crypto/identity_table.hpp"
#include "crypto/key_schema.hpp"
#include "crypto/key_tables.hpp"
#include "crypto/lookup_table.hpp"
#include "crypto/of_generation.hpp"
#include "crypto/revocation_table.hpp"
#include "crypto/sql.hpp"
#include "crypto/sql_soci.hpp"

namespace postern::crypto {
namespace {

using sql::Session;

constexpr Duration between_looks = std::chrono::seconds(1);
/// More changes at once than this, and reading everything anew is less work. So many in the index, and it is made anew.
constexpr std::size_t most_changes = 500;
/// What was read for mail stays in memory: so many octets of recipients' keys, and of identities; this for a record
/// beside its key.
constexpr std::size_t most_kept = 32U << 20, about_one = 1'024;

class SqlKeyStore final : public KeyStore {
 public:
  SqlKeyStore(KeyStoreOptions options, Random& random)
      : seal_{options.kek.empty() ? Secret() : identity_key(options.kek), random},
        pool_([database = std::move(options.database),
               patience = options.patience] { return sql::connect(database, patience); },
              options.sessions, options.patience) {}

  Result<void> open() {
    return pool_.attempt([&](Session& session) {
      migrate_key_tables(session, SystemClock().now());
      check_kek(session, seal_);
      const std::lock_guard lock(refreshing_);
      index_.set(read_all(session));
    });
  }

  Result<AddResult> add(const KeyRecord& key) override {
    auto results = add(std::vector{key});
    if (!results) return fail(results.error());
    return std::move(results->front());
  }

  Result<std::vector<AddResult>> add(const std::vector<KeyRecord>& keys) override {
    if (const auto checked = check_keys(keys); !checked) return fail(checked.error());
    return change([&](Session& session, Touched& touched) {
      std::vector<AddResult> results;
      for (const KeyRecord& key : keys)
        results.push_back(add_key(session, key, touched));
      return results;
    });
  }

  Result<std::vector<KeyRecord>> find(const mail::Address& address) override {
    return pool_.attempt([&](Session& session) { return of_address(session, key_name(address))->keys; });
  }

  Result<std::vector<KeyRecord>> list(const KeyFilter& filter, std::size_t limit) override {
    return pool_.attempt([&](Session& session) { return list_keys(session, filter, limit); });
  }

  Result<void> set_trust(const KeyName& key, Trust trust) override {
    return change([&](Session& session, Touched& touched) { trust_key(session, key, trust, touched); });
  }

  Result<void> revoke(const std::string& fingerprint, Time at) override {
    return change([&](Session& session, Touched& touched) { revoke_key(session, fingerprint, at, touched); });
  }

  Result<void> approve(const KeyName& key) override {
    return change([&](Session& session, Touched& touched) { approve_key(session, key, touched); });
  }

  Result<void> remove(const KeyName& key) override {
    return change([&](Session& session, Touched& touched) { remove_key(session, key, touched); });
  }

  Result<std::vector<KeyLookup>> lookups(const mail::Address& address) override {
    return pool_.attempt([&](Session& session) { return of_address(session, key_name(address))->lookups; });
  }

  Result<std::vector<AddResult>> learn(const KeyLookup& lookup, const std::vector<KeyRecord>& keys) override {
    if (const auto checked = check_keys(keys); !checked) return fail(checked.error());
    return change([&](Session& session, Touched& touched) { return crypto::learn(session, lookup, keys, touched); });
  }

  Result<void> keep_revocation(const KeptRevocation& kept) override {
    return pool_.attempt([&](Session& session) { crypto::keep_revocation(session, kept); });
  }

  Result<std::vector<KeptRevocation>> revocations(Time now, std::size_t limit) override {
    return pool_.attempt([&](Session& session) { return find_revocations(session, now, limit); });
  }

  Result<void> add_identity(const SigningIdentity& identity) override {
    if (auto checked = check_identity(identity); !checked) return checked;
    return change([&](Session& session, Touched&) { crypto::add_identity(session, identity, seal_); });
  }

  Result<std::optional<SigningIdentity>> find_identity(const mail::Address& address, KeyKind kind, Time at) override {
    using Found = Result<std::optional<SigningIdentity>>;
    const auto asked = pool_.attempt([&](Session& session) { return identities_of(session, key_name(address), kind); });
    if (!asked) return fail(asked.error());
    const Result<SigningIdentity>* valid = valid_identity(**asked, at);
    if (valid == nullptr) return std::nullopt;
    return *valid ? Found(**valid) : fail(valid->error());
  }

  Result<std::vector<SigningIdentity>> identities() override { return pool_.attempt(list_identities); }

  Result<void> remove_identity(const std::string& fingerprint) override {
    return change([&](Session& session, Touched&) { crypto::remove_identity(session, fingerprint); });
  }

  std::shared_ptr<const KeyIndex> index() const override { return index_.get(); }

  Result<void> refresh(Time now) override {
    {
      const std::lock_guard lock(refreshing_);
      const bool clock_went_back = now < looked_;
      if (now - looked_ < between_looks && !clock_went_back) return {};
      looked_ = now;
    }
    return pool_.attempt([&](Session& session) {
      const std::lock_guard lock(refreshing_);
      if (generation_of(session) != index_.get()->generation) index_.set(read_all(session));
    });
  }

 private:
  struct OfAddress {
    std::vector<KeyRecord> keys;
    std::vector<KeyLookup> lookups;
  };
  using Identities = std::vector<KnownIdentity>;

  OfGeneration<OfAddress>::Kept of_address(Session& session, const std::string& name) {
    const std::uint64_t now = generation_of(session);
    if (auto known = addresses_.find(now, name)) return known;
    OfAddress read{find_keys(session, name), find_lookups(session, name)};
    std::size_t octets = about_one + read.lookups.size() * about_one;
    for (const KeyRecord& key : read.keys)
      octets += key.bytes.size() + about_one;
    return addresses_.keep(now, name, std::move(read), octets);
  }

  OfGeneration<Identities>::Kept identities_of(Session& session, const std::string& name, KeyKind kind) {
    const std::uint64_t now = generation_of(session);
    const std::string kept_as = std::string(format_key_kind(kind)) + " " + name;
    if (auto known = identities_.find(now, kept_as)) return known;
    Identities read = find_identities(session, name, kind, seal_);
    std::size_t octets = about_one;
    for (const KnownIdentity& one : read)
      octets += about_one + (one.identity ? octets_of(*one.identity) : 0);
    return identities_.keep(now, kept_as, std::move(read), octets);
  }

  static std::size_t octets_of(const SigningIdentity& identity) {
    const auto* secret = std::get_if<Secret>(&identity.key);
    std::size_t octets = identity.bytes.size() + (secret != nullptr ? secret->bytes().size() : 0);
    for (const std::string& certificate : identity.chain)
      octets += certificate.size();
    return octets;
  }

  static Result<void> check_keys(const std::vector<KeyRecord>& keys) {
    for (const KeyRecord& key : keys) {
      if (auto checked = check_key(key); !checked) return checked;
    }
    return {};
  }

  /// In one transaction; when it has been committed, the index knows.
  template <class Work>
  auto change(Work work) -> Result<std::invoke_result_t<Work, Session&, Touched&>> {
    using Gives = std::invoke_result_t<Work, Session&, Touched&>;
    return pool_.attempt([&](Session& session) -> Gives {
      Touched touched;
      sql::Transaction transaction(session);
      const std::uint64_t generation = next_generation(session);
      if constexpr (std::is_void_v<Gives>) {
        work(session, touched);
        transaction.commit();
        follow(session, generation, touched);
      } else {
        Gives gives = work(session, touched);
        transaction.commit();
        follow(session, generation, touched);
        return gives;
      }
    });
  }

  /// The index after a change of ours. Of whoever else's change came in between, `refresh` finds out: the generation
  /// that it has then is not the database's. So it does where nothing can be read now: the change is kept all the same.
  void follow(Session& session, std::uint64_t generation, const Touched& touched) {
    const std::lock_guard lock(refreshing_);
    try {
      index_.set(changed(session, generation, touched));
    } catch (const sql::Fault&) {
      looked_ = {};
    }
  }

  std::shared_ptr<const KeyIndex> changed(Session& session, std::uint64_t generation, const Touched& touched) {
    const auto before = index_.get();
    if (touched.size() + before->changes() > most_changes) return read_all(session);
    auto after = std::make_shared<KeyIndex>();
    if (before->older) *after = *before;
    if (!before->older) after->older = before;
    after->generation = before->generation + 1 == generation ? generation : before->generation;
    for (const std::string& name : touched)
      read_index(session, name, *after);
    return after;
  }

  /// What is read is at least as new as the generation, which is read first.
  static std::shared_ptr<const KeyIndex> read_all(Session& session) {
    auto index = std::make_shared<KeyIndex>();
    index->generation = generation_of(session);
    read_index(session, *index);
    return index;
  }

  IdentitySeal seal_;
  sql::Pool pool_;
  OfGeneration<OfAddress> addresses_{most_kept};
  OfGeneration<Identities> identities_{most_kept};
  std::mutex refreshing_;  // taken with a session in hand, so that nobody who has it waits for one
  Time looked_{};          // under refreshing_
  Current<KeyIndex> index_{std::make_shared<KeyIndex>()};
};

}  // namespace

Result<std::string> parse_key_address(std::string_view text) {
  if (text.starts_with('@')) {
    const auto domain = mail::Domain::parse(text.substr(1));
    if (!domain) return fail(domain.error());
    return "@" + domain->str();
  }
  const auto address = mail::Address::parse(text);
  if (!address) return fail(address.error());
  return lowered(address->local()) + "@" + address->domain().str();
}

std::string_view format_add_outcome(AddOutcome outcome) {
  switch (outcome) {
    case AddOutcome::added: return "added";
    case AddOutcome::changed: return "changed";
    case AddOutcome::unchanged: return "unchanged";
    case AddOutcome::awaits_approval: return "awaits approval";
    case AddOutcome::refused: break;
  }
  return "refused";
}

Result<std::unique_ptr<KeyStore>> open_key_store(KeyStoreOptions options, Random& random) {
  auto store = std::make_unique<SqlKeyStore>(std::move(options), random);
  if (auto opened = store->open(); !opened) return fail(opened.error());
  return store;
}

}  // namespace postern::crypto
