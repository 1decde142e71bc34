// The durable queue. docs/message-life.md is its specification.
//
//   auto body = spool->begin(id);                            sealed chunks, unsynced, while DATA arrives
//   body->append(bytes); … body->finish();
//   spool->commit(std::move(body), record, recipients, events, facts, [](Result<void> r) { … 250 only if r …
//   });
//
// One committer thread gathers what waits and syncs once; `done` is called on it, so it must only hand over.
// Events are opaque bytes here (audit/ encodes them): written in the batch of the change that they tell, read
// by projections with cursors of their own. All calls block and are thread-safe; call them through
// net::offload.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "spool/pickup_record.hpp"
#include "spool/records.hpp"

namespace postern::spool {

using Done = std::function<void(Result<void>)>;
using EventBytes = std::string;

inline constexpr std::size_t chunk_size = 256U << 10;  // octets, plain

struct SpoolOptions {
  std::filesystem::path dir;
  Secret kek;                             // 32 octets
  std::uint64_t min_free = 1ULL << 30;    // octets of disk below which nothing new is taken
  std::uint64_t renditions = 1ULL << 30;  // octets of one message's renditions
  Duration facts_keep = std::chrono::days(30);
  Duration rewrap_after = std::chrono::hours(20);  // so that no key outlives its last message's day
};

/// A body, piece by piece; empty at the end. Verifies every chunk.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  [[nodiscard]] virtual Result<std::string> next() = 0;
  /// The next piece, or that there is none, is in memory: next() does not block.
  [[nodiscard]] virtual bool at_hand() const { return false; }
};

/// A message on its way in. Destroyed without a commit: its chunks are erased.
class Incoming {
 public:
  virtual ~Incoming() = default;
  [[nodiscard]] virtual const QueueId& id() const = 0;
  [[nodiscard]] virtual Result<void> append(std::string_view bytes) = 0;
  /// No more bytes. Size and digest are known from here on.
  [[nodiscard]] virtual Result<void> finish() = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// After finish(), and no longer than this lives.
  [[nodiscard]] virtual std::unique_ptr<BodyReader> open_body() const = 0;
};

struct DueRecipient {
  QueueId id;
  std::uint32_t index = 0;
  Time due{};
  std::string destination;  // destination_of its record
  std::string tenant;       // whose message it is
  bool again = false;       // it was tried before
};

/// A place in the schedule, to go on from; empty is its beginning. Opaque, ordered.
using Place = std::string;
/// What becomes of an entry that was shown.
enum class Pick {
  pass,   // stays, the next is shown
  claim,  // taken, the next is shown
  end,    // stays, and nothing more is shown
};
using PickDue = std::function<Pick(const DueRecipient& due, const Place& at)>;

struct StoredMessage {
  MessageRecord message;
  std::vector<RecipientRecord> recipients;  // those not yet gone
};

/// A rendition that is whole, and perhaps on no record yet: until it is, its last chunk is in memory alone. Where it
/// ends without one it is erased.
class MadeRendition {
 public:
  virtual ~MadeRendition() = default;
  [[nodiscard]] virtual const Rendition& rendition() const = 0;
  /// On record or not; no longer than this lives.
  [[nodiscard]] virtual std::unique_ptr<BodyReader> open() const = 0;
};
using Made = std::shared_ptr<MadeRendition>;

/// One recipient's next state, or gone.
struct RecipientChange {
  std::uint32_t index = 0;
  std::optional<RecipientRecord> next;  // nothing: done with, its record is erased
  Made made = {};  // where next->rendition was made for this attempt: it is put on record where it is not yet
};

/// A record that could not be read and is out of the queue. What it says is damaged or unknown; a body is not in it.
struct SetAside {
  std::string what;  // "message", "recipient"
  std::string key;   // in its table: of a message its queue id, of a recipient that and the index
  std::string bytes;
};

struct QueueCounts {
  std::uint64_t messages = 0, queued = 0, held = 0, unjudged = 0;
};

/// What open() found and did, for the operator's log.
struct Recovery {
  std::uint64_t messages = 0;
  std::uint64_t orphans_erased = 0;  // messages' worth of chunks without a commit record
  std::uint64_t set_aside = 0;       // records that could not be read; kept, reported, out of the way
  std::uint64_t maybe_sent = 0;      // attempts that had begun their final dot: possible duplicates
  bool tail_lost = false;            // the high-water mark is past what the database holds
  std::string note;                  // one line where something is wrong
};

/// For whom a rendition was made, and with which of his keys.
struct SealedTo {
  std::uint32_t index = 0;
  std::string key;  // fingerprint
};

enum class PickupChange { none, kept, gone };
/// Sees the pick-up as it is now, on the committer's thread.
using ChangePickup = std::function<PickupChange(PickupRecord&)>;

class Spool {
 public:
  /// Opens, recovers, starts the committer. Errc::too_new: written by a newer version; Errc::denied: wrong
  /// KEK or an unreadable folder; Errc::unavailable: another process has it.
  [[nodiscard]] static Result<std::unique_ptr<Spool>> open(SpoolOptions options, const Clock& clock, Random& random);
  virtual ~Spool() = default;
  [[nodiscard]] virtual const Recovery& recovery() const = 0;

  // In
  /// Errc::limit where the disk is below min_free: the 452 of the caller.
  [[nodiscard]] virtual Result<std::unique_ptr<Incoming>> begin(QueueId id) = 0;
  /// `incoming` must be finished. The spool fills in size, sha256, chunks, eight_bit, epoch and wrapped_key. `facts`
  /// may be empty.
  virtual void commit(std::unique_ptr<Incoming> incoming, MessageRecord record, std::vector<RecipientRecord> recipients,
                      std::vector<EventBytes> events, std::string facts, Done done) = 0;
  /// Events of things that left no message: a refusal at the door.
  virtual void record(std::vector<EventBytes> events, Done done) = 0;

  // Sealed
  /// For what is made of a message, of about so many octets: kept as bodies are. Null: the message's other renditions
  /// leave no room for it now (SpoolOptions::renditions). Errc::limit as in begin().
  [[nodiscard]] virtual Result<std::unique_ptr<Incoming>> begin_rendition(const QueueId& id, std::uint64_t octets) = 0;
  /// `incoming` must be finished. Nothing is on record before `attempting` or `settle`: from then on these recipients
  /// have it, until they are gone or get another rung. What no recipient has any more is erased with the change.
  [[nodiscard]] virtual Result<Made> make_rendition(std::unique_ptr<Incoming> incoming, const MessageRecord& record,
                                                    std::vector<SealedTo> recipients) = 0;
  /// Of `record` the id and the wrapped key count.
  [[nodiscard]] virtual Result<std::unique_ptr<BodyReader>> open_rendition(const MessageRecord& record,
                                                                           const Rendition& rendition) = 0;

  // Out
  /// Shows what is due and unclaimed from `from` on, in order of time. Gives the place to go on from: of the entry that
  /// ended it, or just past all that is due. So a caller may pass over what it cannot send now and come back to it,
  /// and memory holds places, not the queue. Claims are in memory: a restart forgets them.
  [[nodiscard]] virtual Result<Place> scan_due(Time now, const Place& from, const PickDue& pick) = 0;
  /// The earliest place where something was scheduled or unclaimed since the last call: who scans by places
  /// must look there again.
  [[nodiscard]] virtual std::optional<Place> changed_from() = 0;
  /// For an operator's hand: false where it is claimed already.
  [[nodiscard]] virtual bool claim(const QueueId& id, std::uint32_t index) = 0;
  virtual void unclaim(const QueueId& id, std::uint32_t index) = 0;
  /// When the next unclaimed one is due, of those later than `after`.
  [[nodiscard]] virtual Result<std::optional<Time>> next_due(Time after = Time(Duration(-1))) = 0;
  [[nodiscard]] virtual Result<StoredMessage> load(const QueueId& id) = 0;  // Errc::not_found
  [[nodiscard]] virtual Result<std::unique_ptr<BodyReader>> open_body(const MessageRecord& record) = 0;
  /// Written unsynced before the final dot: after a crash these recipients are known as possible duplicates, and what
  /// was sealed for them is sent again byte for byte. `made`: where it was made for this attempt. Errc::not_found: the
  /// message or a recipient of the rendition is gone.
  virtual void attempting(const QueueId& id, const std::vector<std::uint32_t>& indexes, Made made,
                          std::vector<EventBytes> events, Done done) = 0;
  /// The new states and their events, one batch, synced within 50 ms by group commit. Unclaims the changed
  /// recipients, or those that are gone already (Errc::not_found); after any other Error they stay claimed, and the
  /// caller settles again or unclaims them. A rendition that a failed write may have lost is not given to anybody: it
  /// is made anew. When no recipient is left the message's records and chunks go in the same batch, and its key with
  /// it.
  virtual void settle(const QueueId& id, std::vector<RecipientChange> changes, std::vector<EventBytes> events,
                      Done done) = 0;
  /// Verdicts that came late: replaces all recipients.
  virtual void judged(const QueueId& id, std::vector<RecipientRecord> recipients, std::string policy_hash,
                      std::vector<EventBytes> events, std::string facts, Done done) = 0;
  /// Ids with an unjudged recipient.
  [[nodiscard]] virtual Result<std::vector<QueueId>> unjudged(std::size_t limit) = 0;
  /// Held recipients whose time is over; claims them, oldest first.
  [[nodiscard]] virtual Result<std::vector<DueRecipient>> claim_expired_holds(Time now, std::size_t limit) = 0;

  // Waiting in the portal
  /// One with the name of another takes its place.
  virtual void keep_pickups(std::vector<PickupRecord> records, Done done) = 0;
  [[nodiscard]] virtual Result<PickupRecord> pickup(const std::string& lookup) = 0;  // Errc::not_found
  /// Of a message's recipients; or the one whose notice this is.
  [[nodiscard]] virtual Result<std::vector<PickupRecord>> pickups_of(const QueueId& id) = 0;
  /// By name, from `after` on.
  [[nodiscard]] virtual Result<std::vector<PickupRecord>> list_pickups(const std::string& after, std::size_t limit) = 0;
  /// The events are written where it changes something. Errc::not_found: it is gone.
  virtual void change_pickup(const std::string& lookup, ChangePickup change, std::vector<EventBytes> events,
                             Done done) = 0;

  // Look
  /// Messages in order of arrival, from `after` on.
  [[nodiscard]] virtual Result<std::vector<StoredMessage>> list(const QueueId& after, std::size_t limit) = 0;
  [[nodiscard]] virtual QueueCounts counts() const = 0;
  /// `of`: the records of one message; empty for all.
  [[nodiscard]] virtual Result<std::vector<SetAside>> set_aside(const std::string& of) = 0;
  [[nodiscard]] virtual Result<std::string> facts(const QueueId& id) = 0;  // Errc::not_found

  // Outbox
  [[nodiscard]] virtual Result<std::vector<std::pair<std::uint64_t, EventBytes>>> events_after(std::uint64_t cursor,
                                                                                               std::size_t limit) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> cursor(const std::string& projection) = 0;
  /// Events get greater numbers than `used` from here on: a sink that outlived a lost or replaced spool has seen it.
  virtual void number_events_after(std::uint64_t used) = 0;
  /// Moves a projection's cursor; events that all projections have passed are erased.
  [[nodiscard]] virtual Result<void> move_cursor(const std::string& projection, std::uint64_t to) = 0;
  /// Called on the committer thread after each commit: wake up, there may be something due or to project.
  virtual void on_change(std::function<void()> wake) = 0;

  /// Hourly: re-wraps old messages forward, destroys empty epochs, erases facts past their time.
  [[nodiscard]] virtual Result<void> tend() = 0;
};

/// Read-only, for the admin command while the daemon is down.
[[nodiscard]] Result<std::unique_ptr<Spool>> open_read_only(SpoolOptions options, const Clock& clock, Random& random);

}  // namespace postern::spool
