#include "spool/spool.hpp"

#include <sys/statvfs.h>

#include <future>
#include <mutex>
#include <set>

#include "base/log.hpp"
#include "crypto/epoch_keys.hpp"
#include "spool/body.hpp"
#include "spool/claims.hpp"
#include "spool/committer.hpp"
#include "spool/facts_box.hpp"
#include "spool/keys.hpp"
#include "spool/open_over.hpp"
#include "spool/recover.hpp"
#include "spool/rocks_store.hpp"

namespace postern::spool {
namespace {

namespace fs = std::filesystem;

template <class Record>
std::string encoded(const Record& record) {
  Writer out;
  encode(out, record);
  return out.take();
}

std::string big_endian(std::uint64_t value) {
  std::string bytes;
  keys::append_u64(bytes, value);
  return bytes;
}

class StoredSpool final : public Spool {
 public:
  StoredSpool(std::unique_ptr<Store> store, SpoolOptions options, const Clock& clock, Random& random)
      : store_(std::move(store)), options_(std::move(options)), clock_(clock), random_(random) {}

  /// Keys, recovery, high-water mark, committer. `writable`: false for the read-only view.
  Result<void> start(bool writable) {
    const std::uint64_t sequence_found = store_->sequence();
    if (auto format = check_format(*store_, writable); !format) return format;
    auto epochs = crypto::EpochKeys::open(options_.dir / "keys", options_.kek, random_);
    if (!epochs) return wrong_kek(epochs.error());
    epochs_ = std::move(*epochs);
    auto facts = FactsBox::open(options_.dir / "keys" / "facts", options_.kek, random_);
    if (!facts) return wrong_kek(facts.error());
    facts_ = std::move(*facts);

    auto recovered = writable ? recover(*store_) : take_stock(*store_);
    if (!recovered) return fail(recovered.error());
    recovery_ = recovered->report;
    counts_ = recovered->counts;
    live_ = std::move(recovered->live);
    last_event_ = recovered->last_event;
    if (!writable) return {};

    auto mark = HighWater::open(options_.dir / "high-water");
    if (!mark) return fail(mark.error());
    mark_ = std::move(*mark);
    compare_with_mark(sequence_found);
    committer_ = std::make_unique<Committer>(*store_, *mark_, clock_);
    return {};
  }

  const Recovery& recovery() const override { return recovery_; }

  // In

  Result<std::unique_ptr<Incoming>> begin(QueueId id) override {
    struct statvfs disk{};
    if (::statvfs(options_.dir.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < options_.min_free) {
      return fail(Errc::limit, "the disk of the spool has less free space than spool.min_free");
    }
    return std::make_unique<SealedIncoming>(*store_, random_, std::move(id));
  }

  void commit(std::unique_ptr<Incoming> incoming, MessageRecord record, std::vector<RecipientRecord> recipients,
              std::vector<EventBytes> events, std::string facts, Done done) override {
    const std::shared_ptr<SealedIncoming> body(static_cast<SealedIncoming*>(incoming.release()));
    const Result<void> sealed = seal_record(*body, record);
    if (!sealed) return done(sealed);

    auto prepared = std::make_shared<Batch>();
    const QueueId& id = record.envelope.id;
    prepared->put(Table::body, keys::indexed(id, body->chunks() - 1), body->take_last_chunk());
    prepared->put(Table::message, id.str(), encoded(record));
    auto scheduled = std::make_shared<std::vector<std::string>>();
    for (const RecipientRecord& recipient : recipients) {
      prepared->put(Table::recipient, keys::indexed(id, recipient.index), encoded(recipient));
      scheduled->push_back(schedule_key(id, recipient));
      prepared->put(Table::schedule, scheduled->back(), "");
    }
    if (!facts.empty()) {
      if (auto put = facts_->put(*prepared, id, facts, clock_.now()); !put) return done(put);
    }
    Committer::Job job;
    job.build = [this, prepared, events = std::move(events)](Batch& batch, Group&) mutable -> Result<void> {
      batch = std::move(*prepared);
      add_events(batch, events);
      return {};
    };
    job.done = [this, body, scheduled, epoch = record.epoch, recipients = std::move(recipients),
                done = std::move(done)](Result<void> written) {
      if (written) {
        body->committed();
        account(epoch, recipients);
        for (const std::string& key : *scheduled) claims_.scheduled(key);
      }
      done(std::move(written));
    };
    committer_->submit(std::move(job));
  }

  void record(std::vector<EventBytes> events, Done done) override {
    Committer::Job job;
    job.build = [this, events = std::move(events)](Batch& batch, Group&) -> Result<void> {
      add_events(batch, events);
      return {};
    };
    job.done = std::move(done);
    committer_->submit(std::move(job));
  }

  // Out

  Result<std::vector<DueRecipient>> claim_due(Time now, std::size_t limit) override {
    return claims_.claim_due(*store_, 'q', now, limit);
  }
  Result<std::vector<DueRecipient>> claim_expired_holds(Time now, std::size_t limit) override {
    return claims_.claim_due(*store_, 'h', now, limit);
  }
  bool claim(const QueueId& id, std::uint32_t index) override { return claims_.claim(id, index); }
  void unclaim(const QueueId& id, std::uint32_t index) override { claims_.unclaim(id, index); }
  Result<std::optional<Time>> next_due() override { return claims_.next_due(*store_); }

  Result<StoredMessage> load(const QueueId& id) override {
    auto message = load_message(id);
    if (!message) return fail(message.error());
    StoredMessage stored;
    stored.message = std::move(*message);
    const auto scanned = store_->scan(Table::recipient, id.str(), keys::after(id.str()),
                                      [&](std::string_view, std::string_view value) {
                                        if (auto record = decode_recipient(value)) stored.recipients.push_back(std::move(*record));
                                        return true;
                                      });
    if (!scanned) return fail(scanned.error());
    return stored;
  }

  Result<std::unique_ptr<BodyReader>> open_body(const MessageRecord& record) override {
    auto key = epochs_->unwrap(record.epoch, record.wrapped_key);
    if (key) return std::make_unique<SealedBodyReader>(*store_, record, std::move(*key));
    // It may have been wrapped anew since the caller loaded it.
    auto fresh = load_message(record.envelope.id);
    if (!fresh) return fail(fresh.error());
    key = epochs_->unwrap(fresh->epoch, fresh->wrapped_key);
    if (!key) return fail(key.error());
    return std::make_unique<SealedBodyReader>(*store_, std::move(*fresh), std::move(*key));
  }

  Result<void> attempting(const QueueId& id, const std::vector<std::uint32_t>& indexes,
                          std::vector<EventBytes> events) override {
    Committer::Job job;
    job.sync = false;
    job.build = [this, id, indexes, events = std::move(events)](Batch& batch, Group&) -> Result<void> {
      for (const std::uint32_t index : indexes) batch.put(Table::meta, keys::attempt(id, index), "");
      add_events(batch, events);
      return {};
    };
    return submit_and_wait(std::move(job));
  }

  void settle(const QueueId& id, std::vector<RecipientChange> changes, std::vector<EventBytes> events, Done done) override {
    auto effect = std::make_shared<Effect>();
    auto indexes = std::make_shared<std::vector<std::uint32_t>>();
    for (const RecipientChange& change : changes) indexes->push_back(change.index);
    Committer::Job job;
    job.build = [this, id, effect, changes = std::move(changes), events = std::move(events)](Batch& batch, Group& group) {
      return build_settle(batch, group, id, changes, events, *effect);
    };
    job.done = [this, id, effect, indexes, done = std::move(done)](Result<void> written) {
      if (written) apply(*effect);
      for (const std::uint32_t index : *indexes) claims_.unclaim(id, index);
      done(std::move(written));
    };
    committer_->submit(std::move(job));
  }

  void judged(const QueueId& id, std::vector<RecipientRecord> recipients, std::string policy_hash,
              std::vector<EventBytes> events, std::string facts, Done done) override {
    auto effect = std::make_shared<Effect>();
    Committer::Job job;
    job.build = [this, id, effect, recipients = std::move(recipients), policy_hash = std::move(policy_hash),
                 events = std::move(events), facts = std::move(facts)](Batch& batch, Group& group) -> Result<void> {
      auto message = load_message(id);
      if (!message) return fail(message.error());
      message->judged = true;
      message->policy_hash = policy_hash;
      batch.put(Table::message, id.str(), encoded(*message));
      if (auto put = facts_->put(batch, id, facts, clock_.now()); !put) return put;
      std::vector<RecipientChange> changes;
      for (const RecipientRecord& recipient : recipients) changes.push_back({recipient.index, recipient});
      return build_settle(batch, group, id, changes, events, *effect);
    };
    job.done = [this, effect, done = std::move(done)](Result<void> written) {
      if (written) apply(*effect);
      done(std::move(written));
    };
    committer_->submit(std::move(job));
  }

  Result<std::vector<QueueId>> unjudged(std::size_t limit) override {
    std::vector<QueueId> ids;
    const auto scanned = store_->scan(Table::schedule, "u", "v", [&](std::string_view key, std::string_view) {
      if (auto id = QueueId::parse(key.substr(1))) ids.push_back(std::move(*id));
      return ids.size() < limit;
    });
    if (!scanned) return fail(scanned.error());
    return ids;
  }

  // Look

  Result<std::vector<StoredMessage>> list(const QueueId& after, std::size_t limit) override {
    std::vector<QueueId> ids;
    const std::string from = after.empty() ? "" : keys::after(after.str());
    const auto scanned = store_->scan(Table::message, from, "", [&](std::string_view key, std::string_view) {
      if (auto id = QueueId::parse(key)) ids.push_back(std::move(*id));
      return ids.size() < limit;
    });
    if (!scanned) return fail(scanned.error());
    std::vector<StoredMessage> messages;
    for (const QueueId& id : ids) {
      if (auto stored = load(id)) messages.push_back(std::move(*stored));  // else it left meanwhile
    }
    return messages;
  }

  QueueCounts counts() const override {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

  Result<std::string> facts(const QueueId& id) override { return facts_->get(*store_, id); }

  // Outbox

  Result<std::vector<std::pair<std::uint64_t, EventBytes>>> events_after(std::uint64_t cursor, std::size_t limit) override {
    std::vector<std::pair<std::uint64_t, EventBytes>> events;
    const auto scanned = store_->scan(Table::outbox, keys::event(cursor + 1), "", [&](std::string_view key, std::string_view value) {
      events.emplace_back(keys::read_big_endian(key), std::string(value));
      return events.size() < limit;
    });
    if (!scanned) return fail(scanned.error());
    return events;
  }

  Result<std::uint64_t> cursor(const std::string& projection) override {
    const auto stored = store_->get(Table::meta, keys::cursor(projection));
    if (!stored) return fail(stored.error());
    const std::uint64_t at = *stored ? keys::read_big_endian(**stored) : 0;
    const std::lock_guard lock(mutex_);
    cursors_[projection] = at;
    return at;
  }

  Result<void> move_cursor(const std::string& projection, std::uint64_t to) override {
    std::uint64_t slowest = to;
    {
      const std::lock_guard lock(mutex_);
      cursors_[projection] = to;
      for (const auto& [name, at] : cursors_) slowest = std::min(slowest, at);
    }
    Batch batch;
    batch.put(Table::meta, keys::cursor(projection), big_endian(to));
    const auto scanned = store_->scan(Table::outbox, keys::event(erased_to_ + 1), keys::event(slowest + 1),
                                      [&](std::string_view key, std::string_view) {
                                        batch.erase(Table::outbox, std::string(key));
                                        return true;
                                      });
    if (!scanned) return scanned;
    // Unsynced: a cursor that falls back is caught up with by the sink's own last event id.
    if (auto written = store_->write({&batch}, false); !written) return written;
    erased_to_ = std::max(erased_to_.load(), slowest);
    return {};
  }

  void on_change(std::function<void()> wake) override { committer_->on_change(std::move(wake)); }

  // Tend

  Result<void> tend() override {
    const auto now_epoch = epochs_->current(clock_.now());
    if (!now_epoch) return fail(now_epoch.error());
    if (auto wrapped = rewrap_old(*now_epoch); !wrapped) return wrapped;
    if (auto destroyed = destroy_empty(*now_epoch); !destroyed) return destroyed;
    return facts_->forget_before(*store_, clock_.now() - options_.facts_keep);
  }

 private:
  /// What a settle changes in memory once it is on disk.
  struct Effect {
    std::vector<RecipientState> gone, come;
    std::vector<std::string> scheduled;
    std::optional<crypto::EpochNumber> message_left;
  };

  static Result<void> wrong_kek(const Error& error) {
    return fail(error.code == Errc::corrupt ? Errc::denied : error.code, error.text);
  }

  void compare_with_mark(std::uint64_t sequence) {
    const auto& mark = mark_->found();
    if (!mark || mark->sequence <= sequence) {
      forget_wal_before(options_.dir / "db");
      return;
    }
    recovery_.tail_lost = true;
    recovery_.note = "the database ends before what was known to be on disk at " + format_rfc3339(mark->at) + " (" +
                     std::to_string(mark->sequence - sequence) +
                     " write(s) lost): messages accepted up to then may be missing; the log files as they were found are kept in " +
                     (options_.dir / "db" / "wal-before").string();
    log::error("spool: {}", recovery_.note);
  }

  Result<void> seal_record(const SealedIncoming& body, MessageRecord& record) {
    const auto epoch = epochs_->current(clock_.now());
    if (!epoch) return fail(epoch.error());
    auto wrapped = epochs_->wrap(*epoch, body.key());
    if (!wrapped) return fail(wrapped.error());
    record.size = body.size();
    record.sha256 = body.sha256();
    record.chunks = body.chunks();
    record.epoch = *epoch;
    record.wrapped_key = std::move(*wrapped);
    return {};
  }

  Result<void> submit_and_wait(Committer::Job job) {
    std::promise<Result<void>> promise;
    auto answer = promise.get_future();
    job.done = [&promise](Result<void> written) { promise.set_value(std::move(written)); };
    committer_->submit(std::move(job));
    return answer.get();
  }

  /// On the committer's thread, so the numbers are in the order of the writes.
  void add_events(Batch& batch, const std::vector<EventBytes>& events) {
    if (events.empty()) return;
    for (const EventBytes& event : events) batch.put(Table::outbox, keys::event(++last_event_), event);
    batch.put(Table::meta, keys::last_event, big_endian(last_event_));
  }

  Result<MessageRecord> load_message(const QueueId& id) {
    const auto stored = store_->get(Table::message, id.str());
    if (!stored) return fail(stored.error());
    if (!*stored) return fail(Errc::not_found, "no message " + id.str() + " in the queue");
    return decode_message(**stored);
  }

  /// The recipients of a message as this group of jobs leaves them: key → record.
  Result<std::map<std::string, std::string>> recipients_now(const QueueId& id, const Group& group) {
    std::map<std::string, std::string> records;
    const auto scanned = store_->scan(Table::recipient, id.str(), keys::after(id.str()),
                                      [&](std::string_view key, std::string_view value) {
                                        records.emplace(key, value);
                                        return true;
                                      });
    if (!scanned) return fail(scanned.error());
    for (auto at = group.pending.lower_bound(id.str()); at != group.pending.end() && at->first.starts_with(id.str()); ++at) {
      if (at->second) {
        records[at->first] = *at->second;
      } else {
        records.erase(at->first);
      }
    }
    return records;
  }

  Result<void> build_settle(Batch& batch, Group& group, const QueueId& id, const std::vector<RecipientChange>& changes,
                            const std::vector<EventBytes>& events, Effect& effect) {
    auto records = recipients_now(id, group);
    if (!records) return fail(records.error());
    for (const RecipientChange& change : changes) {
      const std::string key = keys::indexed(id, change.index);
      const auto old = records->find(key);
      if (old == records->end()) return fail(Errc::not_found, "the recipient is not in the queue any more");
      if (const auto record = decode_recipient(old->second)) {
        batch.erase(Table::schedule, schedule_key(id, *record));
        effect.gone.push_back(record->state);
      }
      batch.erase(Table::meta, keys::attempt(id, change.index));
      if (change.next) {
        const std::string entry = schedule_key(id, *change.next);
        batch.put(Table::recipient, key, encoded(*change.next));
        batch.put(Table::schedule, entry, "");
        effect.come.push_back(change.next->state);
        effect.scheduled.push_back(entry);
        group.pending[key] = encoded(*change.next);
      } else {
        batch.erase(Table::recipient, key);
        group.pending[key] = std::nullopt;
        records->erase(old);
      }
    }
    add_events(batch, events);
    return records->empty() ? erase_message(batch, id, effect) : Result<void>();
  }

  /// The last recipient is gone: record and chunks go with it, and so the wrapped key.
  Result<void> erase_message(Batch& batch, const QueueId& id, Effect& effect) {
    const auto message = load_message(id);
    if (!message) return fail(message.error());
    for (std::uint32_t i = 0; i < message->chunks; ++i) batch.erase(Table::body, keys::indexed(id, i));
    batch.erase(Table::message, id.str());
    effect.message_left = message->epoch;
    return {};
  }

  void account(crypto::EpochNumber epoch, const std::vector<RecipientRecord>& recipients) {
    const std::lock_guard lock(mutex_);
    ++counts_.messages;
    ++live_[epoch];
    for (const RecipientRecord& recipient : recipients) count(counts_, recipient.state, 1);
  }

  void apply(const Effect& effect) {
    for (const std::string& key : effect.scheduled) claims_.scheduled(key);
    const std::lock_guard lock(mutex_);
    for (const RecipientState& state : effect.gone) count(counts_, state, -1);
    for (const RecipientState& state : effect.come) count(counts_, state, 1);
    if (effect.message_left) {
      --counts_.messages;
      --live_[*effect.message_left];
    }
  }

  Result<void> rewrap_old(crypto::EpochNumber to) {
    const Time limit = clock_.now() - options_.rewrap_after;
    std::vector<QueueId> old;
    const auto scanned = store_->scan(Table::message, "", "", [&](std::string_view, std::string_view value) {
      const auto record = decode_message(value);
      if (!record) return true;
      if (record->accepted > limit) return false;  // ids sort by time
      if (record->epoch != to) old.push_back(record->envelope.id);
      return true;
    });
    if (!scanned) return scanned;
    for (const QueueId& id : old) {
      if (auto wrapped = rewrap(id, to); !wrapped) log::warning("spool: {} keeps its old key: {}", id.str(), wrapped.error().text);
    }
    return {};
  }

  Result<void> rewrap(const QueueId& id, crypto::EpochNumber to) {
    std::optional<crypto::EpochNumber> from;
    Committer::Job job;
    job.build = [&](Batch& batch, Group& group) -> Result<void> {
      // Erased by a job of this very group, it must not come back.
      const auto left = recipients_now(id, group);
      if (!left || left->empty()) return {};
      auto record = load_message(id);
      if (!record) return {};
      const auto key = epochs_->unwrap(record->epoch, record->wrapped_key);
      if (!key) return fail(key.error());
      auto wrapped = epochs_->wrap(to, *key);
      if (!wrapped) return fail(wrapped.error());
      from = record->epoch;
      record->epoch = to;
      record->wrapped_key = std::move(*wrapped);
      batch.put(Table::message, id.str(), encoded(*record));
      return {};
    };
    if (auto written = submit_and_wait(std::move(job)); !written) return written;
    if (from) {
      const std::lock_guard lock(mutex_);
      --live_[*from];
      ++live_[to];
    }
    return {};
  }

  Result<void> destroy_empty(crypto::EpochNumber now_epoch) {
    for (const crypto::EpochNumber epoch : epochs_->known()) {
      // The one before may still be wrapping a commit under way.
      if (epoch + 1 >= now_epoch) continue;
      {
        const std::lock_guard lock(mutex_);
        const auto found = live_.find(epoch);
        if (found != live_.end() && found->second > 0) continue;
        live_.erase(epoch);
      }
      if (auto destroyed = epochs_->destroy(epoch); !destroyed) return destroyed;
    }
    return {};
  }

  std::unique_ptr<Store> store_;
  SpoolOptions options_;
  const Clock& clock_;
  Random& random_;
  std::unique_ptr<crypto::EpochKeys> epochs_;
  std::unique_ptr<FactsBox> facts_;
  std::unique_ptr<HighWater> mark_;
  Recovery recovery_;
  Claims claims_;
  mutable std::mutex mutex_;  // counts_, live_, cursors_
  QueueCounts counts_;
  std::map<crypto::EpochNumber, std::uint64_t> live_;
  std::map<std::string, std::uint64_t> cursors_;
  std::atomic<std::uint64_t> erased_to_ = 0;
  std::uint64_t last_event_ = 0;           // the committer's alone
  std::unique_ptr<Committer> committer_;  // last: it stops first
};

Result<std::unique_ptr<Spool>> start(std::unique_ptr<Store> store, SpoolOptions options, const Clock& clock,
                                     Random& random, bool writable) {
  auto spool = std::make_unique<StoredSpool>(std::move(store), std::move(options), clock, random);
  if (auto started = spool->start(writable); !started) return fail(started.error());
  return spool;
}

}  // namespace

Result<std::unique_ptr<Spool>> open_over(std::unique_ptr<Store> store, SpoolOptions options, const Clock& clock,
                                         Random& random) {
  return start(std::move(store), std::move(options), clock, random, true);
}

Result<std::unique_ptr<Spool>> Spool::open(SpoolOptions options, const Clock& clock, Random& random) {
  std::error_code error;
  fs::create_directories(options.dir / "db", error);
  if (error) return fail(Errc::denied, "cannot make the spool folder " + options.dir.string() + ": " + error.message());
  fs::permissions(options.dir, fs::perms::owner_all, error);
  auto store = open_rocks_store(options.dir / "db");
  if (!store) return fail(store.error());
  return open_over(std::move(*store), std::move(options), clock, random);
}

Result<std::unique_ptr<Spool>> open_read_only(SpoolOptions options, const Clock& clock, Random& random) {
  auto store = open_rocks_store_read_only(options.dir / "db");
  if (!store) return fail(store.error());
  return start(std::move(*store), std::move(options), clock, random, false);
}

}  // namespace postern::spool
