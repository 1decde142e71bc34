// Deposits as the portal keeps them: chunks as they came, sealed by posternd, and pick-ups sealed once more under a key
// of the deposit's own, which an epoch key wraps (crypto/epoch_keys.hpp). Expiry and recall destroy that key, then the
// rest: a copy of the database opens nothing for whoever has the link, once the epoch's last deposit is gone.
//
//   auto store = Store::open({SqliteDatabase{state / "portal.db"}, state / "keys", kek}, clock, random);
//   store->keep(deposit, chunks);  or, what is large:  store->begin(deposit); store->add(id, 0, some); …
//   store->finish(id);
//
// What a visitor writes back is here until posternd has it, whatever becomes of the pick-up.
//
// SQLite or PostgreSQL. Blocking, thread-safe. What keep and finish have answered is on disk.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "crypto/database.hpp"
#include "portal/account.hpp"
#include "portal/deposit_protocol.hpp"

namespace postern::portal {

struct StoreOptions {
  crypto::Database database;
  std::filesystem::path keys;                      // folder of epoch keys
  Secret kek;                                      // 32 octets
  std::uint64_t quota = 100ULL << 30;              // octets of all deposits
  Duration rewrap_after = std::chrono::hours(20);  // so that no key outlives its last deposit's day
  std::size_t sessions = 4;
  Duration patience = std::chrono::seconds(5);
};

/// What a link leads to.
struct FoundPickup {
  QueueId deposit;
  std::string tenant;
  Time expires{};
  std::uint64_t size = 0;
  std::uint32_t chunks = 0;
  Pickup pickup;
  std::optional<Time> opened;  // for the first time
};

class Store {
 public:
  /// Errc::denied: another KEK; Errc::too_new; Errc::unavailable: the server is not there.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(StoreOptions options, const Clock& clock, Random& random);
  virtual ~Store() = default;

  // In
  [[nodiscard]] virtual Result<bool> is_kept(const QueueId& id) = 0;
  /// All of it at once: what an unfinished one of the same id has left goes. Errc::limit: the quota.
  [[nodiscard]] virtual Result<void> keep(const Deposit& deposit, const std::vector<std::string>& chunks) = 0;
  /// Or piece by piece.
  [[nodiscard]] virtual Result<void> begin(const Deposit& deposit) = 0;
  [[nodiscard]] virtual Result<void> add(const QueueId& id, std::uint32_t first,
                                         const std::vector<std::string>& chunks) = 0;
  /// From here on its pick-ups are found. Errc::invalid: chunks are missing.
  [[nodiscard]] virtual Result<void> finish(const QueueId& id) = 0;

  // Out
  /// Errc::not_found: unknown, expired or revoked, which are one to whoever asks.
  [[nodiscard]] virtual Result<FoundPickup> find(const std::string& lookup) = 0;
  [[nodiscard]] virtual Result<std::string> chunk(const QueueId& id, std::uint32_t index) = 0;
  /// An event: opened, or opened_again.
  [[nodiscard]] virtual Result<void> opened(const std::string& lookup) = 0;
  [[nodiscard]] virtual Result<void> record(EventKind kind, const std::string& lookup) = 0;

  /// It waits until then, where that is later. Errc::not_found.
  [[nodiscard]] virtual Result<void> extend(const QueueId& id, Time expires) = 0;

  // Over
  /// What is unknown already is as good as revoked. The last pick-up takes its deposit with it. Errc::unavailable:
  /// a reply of one of them waits.
  [[nodiscard]] virtual Result<void> revoke(const std::vector<std::string>& lookups) = 0;
  /// What has expired, what was never finished, keys forward, empty epochs. Every few minutes.
  [[nodiscard]] virtual Result<void> tend() = 0;

  // Back
  /// And an event. Errc::not_found: its pick-up is over; Errc::limit: the quota.
  [[nodiscard]] virtual Result<void> keep_reply(const Sealing& reply) = 0;
  [[nodiscard]] virtual Result<std::vector<SealedReply>> waiting_replies(std::size_t most) = 0;
  [[nodiscard]] virtual Result<std::string> reply_chunk(const QueueId& id, std::uint32_t index) = 0;
  [[nodiscard]] virtual Result<void> drop_reply(const QueueId& id) = 0;

  // Accounts
  [[nodiscard]] virtual Result<std::optional<Account>> account(const std::string& name) = 0;
  /// Their open halves, in order; empty where there is none yet. They count as used.
  [[nodiscard]] virtual Result<std::vector<std::string>> account_halves(const std::vector<std::string>& names) = 0;
  /// With an event about the pick-up at which it happened, if it is one. Errc::denied: it was changed by somebody else
  /// meanwhile.
  [[nodiscard]] virtual Result<void> keep_account(Account& account, std::optional<EventKind> kind,
                                                  const std::string& lookup) = 0;
  /// The pick-up of this lookup, sealed anew. Errc::not_found.
  [[nodiscard]] virtual Result<void> replace(const QueueId& deposit, const Pickup& pickup) = 0;

  // Told to posternd
  [[nodiscard]] virtual Result<std::vector<PortalEvent>> events_after(std::uint64_t number, std::size_t most) = 0;
  [[nodiscard]] virtual Result<void> forget_events(std::uint64_t up_to) = 0;
  [[nodiscard]] virtual Result<State> state() = 0;
};

}  // namespace postern::portal
