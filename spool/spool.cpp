#include "spool/spool.hpp"

#include <future>

#include "base/log.hpp"
#include "spool/keys.hpp"
#include "spool/open_over.hpp"
#include "spool/recover.hpp"
#include "spool/rocks_store.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {

namespace fs = std::filesystem;

Result<void> StoredSpool::start(bool writable) {
  const std::uint64_t sequence_found = store_->sequence();
  if (auto format = check_format(*store_, writable); !format) return format;
  if (auto keys = open_keys(writable); !keys) return keys;
  if (writable) {
    auto mark = HighWater::open(options_.dir / "high-water");
    if (!mark) return fail(mark.error());
    mark_ = std::move(*mark);
  }
  const bool tail_lost = mark_ && mark_->found() && mark_->found()->sequence > sequence_found;

  const Mend mend = !writable ? Mend::nothing : tail_lost ? Mend::all_but_orphans : Mend::all;
  auto recovered = recover(*store_, mend);
  if (!recovered) return fail(recovered.error());
  recovery_ = recovered->report;
  stock_.restart(recovered->counts, std::move(recovered->live));
  last_event_ = recovered->last_event;
  if (!writable) return {};

  if (tail_lost) {
    report_lost_tail(sequence_found, *mark_->found());
  } else {
    forget_wal_before(options_.dir / "db");
  }
  committer_ = std::make_unique<Committer>(*store_, *mark_, clock_, [this] { return recount(); });
  const auto now_epoch = epochs_->current(clock_.now());
  return now_epoch ? destroy_empty(*now_epoch) : fail(now_epoch.error());
}

Result<void> StoredSpool::open_keys(bool writable) {
  using crypto::EpochKeys;
  const auto access = writable ? EpochKeys::Access::write : EpochKeys::Access::read;
  const auto denied = [](const Error& error) {
    return fail(error.code == Errc::corrupt ? Errc::denied : error.code, error.text);
  };
  auto epochs = EpochKeys::open(options_.dir / "keys", options_.kek, random_, std::chrono::hours(1), access);
  if (!epochs) return denied(epochs.error());
  epochs_ = std::move(*epochs);
  auto facts = FactsBox::open(options_.dir / "keys" / "facts", options_.kek, random_, access);
  if (!facts) return denied(facts.error());
  facts_ = std::move(*facts);
  auto pickups = PickupBox::open(options_.dir / "keys" / "pickups", options_.kek, random_, access);
  if (!pickups) return denied(pickups.error());
  pickups_ = std::move(*pickups);
  return {};
}

void StoredSpool::report_lost_tail(std::uint64_t sequence, const HighWater::Mark& mark) {
  const fs::path kept = keep_wal_before(options_.dir / "db", clock_.now());
  recovery_.tail_lost = true;
  recovery_.note = "the database ends before what was known to be on disk at " + format_rfc3339(mark.at) + " (" +
                   std::to_string(mark.sequence - sequence) +
                   " write(s) lost): messages accepted up to then may be missing; the log files as they were found are "
                   "kept in " +
                   kept.string();
  mark_->raise({store_->sequence(), clock_.now()});  // told once, not at every start until the next commit
}

/// On the committer's thread, after the store was opened anew: what was refused may be there after all.
Result<void> StoredSpool::recount() {
  auto stock = recover(*store_, Mend::nothing);
  if (!stock) return fail(stock.error());
  stock_.restart(stock->counts, std::move(stock->live));
  number_events_after(stock->last_event);
  claims_.look_again();
  return {};
}

/// After a failed write. Only the committer opens the store anew, and whoever does not write through it has to ask:
/// else large mail would be refused, and a queue without new mail would stand still, until a restart.
Result<void> StoredSpool::make_ready() {
  if (!committer_ || !store_->failed()) return {};
  Committer::Job nothing;
  nothing.build = [](Batch&, Group&) { return Result<void>(); };
  return submit_and_wait(std::move(nothing));
}

void StoredSpool::submit(Committer::Job job) {
  if (!committer_) return job.done(fail(Errc::denied, "the spool is open for reading only"));
  committer_->submit(std::move(job));
}

Result<void> StoredSpool::submit_and_wait(Committer::Job job) {
  std::promise<Result<void>> promise;
  auto answer = promise.get_future();
  job.done = [&promise, first = std::move(job.done)](Result<void> written) {
    if (first) first(written);
    promise.set_value(std::move(written));
  };
  submit(std::move(job));
  return answer.get();
}

/// On the committer's thread, so the numbers are in the order of the writes.
void StoredSpool::add_events(Batch& batch, const std::vector<EventBytes>& events) {
  if (events.empty()) return;
  for (const EventBytes& event : events)
    batch.put(Table::outbox, keys::event(++last_event_), event);
  batch.put(Table::meta, keys::last_event, keys::event(last_event_));
}

void StoredSpool::number_events_after(std::uint64_t used) {
  std::uint64_t last = last_event_;
  while (last < used && !last_event_.compare_exchange_weak(last, used)) {
  }
}

void StoredSpool::on_change(std::function<void()> wake) {
  if (committer_) committer_->on_change(std::move(wake));
}

namespace {

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
  if (error) {
    return fail(Errc::denied, "cannot make the spool folder " + options.dir.string() + ": " + error.message());
  }
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
