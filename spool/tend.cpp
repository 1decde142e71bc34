// Keys forward, empty epochs away, old facts away. Hourly.
#include "base/log.hpp"
#include "spool/keys.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {
namespace {

constexpr std::size_t rewrap_at_once = 256;
constexpr Duration epoch_period = std::chrono::hours(1);

}  // namespace

Result<void> StoredSpool::tend() {
  if (!committer_) return fail(Errc::denied, "the spool is open for reading only");
  const auto now_epoch = epochs_->current(clock_.now());
  if (!now_epoch) return fail(now_epoch.error());
  if (auto wrapped = rewrap_old(*now_epoch); !wrapped) return wrapped;
  if (auto destroyed = destroy_empty(*now_epoch); !destroyed) return destroyed;
  if (auto tended = tend_pickups(); !tended) return tended;
  return facts_->forget_before(*store_, clock_.now() - options_.facts_keep);
}

/// By the age of the key, not of the message: what was wrapped anew an hour ago is left in peace.
Result<void> StoredSpool::rewrap_old(crypto::EpochNumber to) {
  const Time limit = clock_.now() - options_.rewrap_after;
  std::string from;
  for (bool more = true; more;) {
    std::vector<QueueId> old;
    more = false;
    const auto scanned = store_->scan(Table::message, from, "", [&](std::string_view key, std::string_view value) {
      const auto record = decode_message(value);
      if (!record) return true;
      if (record->accepted > limit) return false;  // ids sort by time
      if (Time(epoch_period * record->epoch) <= limit) old.push_back(record->envelope.id);
      more = old.size() == rewrap_at_once;
      if (more) from = keys::after(std::string(key));
      return !more;
    });
    if (!scanned) return scanned;
    if (old.empty()) return {};
    if (auto wrapped = rewrap(old, to); !wrapped) return wrapped;
  }
  return {};
}

Result<void> StoredSpool::rewrap(const std::vector<QueueId>& ids, crypto::EpochNumber to) {
  std::vector<Rewrapped> moved;
  Committer::Job job;
  job.build = [&](Batch& batch, Group& group) -> Result<void> {
    for (const QueueId& id : ids) {
      const auto one = build_rewrap(batch, group, id, to);
      if (!one) {
        log::warning("spool: {} keeps its old key: {}", id.str(), one.error().text);
      } else if (*one) {
        moved.push_back(**one);
      }
    }
    return {};
  };
  job.done = [&](const Result<void>& written) {
    if (!written) return;
    for (const Rewrapped& one : moved)
      stock_.rewrapped(one.from, one.to);
  };
  return submit_and_wait(std::move(job));
}

/// Nothing where the message left meanwhile.
Result<std::optional<StoredSpool::Rewrapped>> StoredSpool::build_rewrap(Batch& batch, Group& group, const QueueId& id,
                                                                        crypto::EpochNumber to) {
  const auto now = message_now(id, group);
  if (!now) return std::nullopt;
  MessageRecord record = **now;
  const auto key = epochs_->unwrap(record.epoch, record.wrapped_key);
  if (!key) return fail(key.error());
  auto wrapped = epochs_->wrap(to, *key);
  if (!wrapped) return fail(wrapped.error());
  const Rewrapped moved{record.epoch, to};
  record.epoch = to;
  record.wrapped_key = std::move(*wrapped);
  group.messages[id.str()] = encoded(record);
  batch.put(Table::message, id.str(), encoded(record));
  return moved;
}

Result<void> StoredSpool::destroy_empty(crypto::EpochNumber now_epoch) {
  for (const crypto::EpochNumber epoch : epochs_->known()) {
    // The one before may have been asked for a moment ago by a commit that has not wrapped its key yet.
    if (epoch + 1 >= now_epoch || stock_.in_use(epoch)) continue;
    if (auto destroyed = epochs_->destroy(epoch); !destroyed) return destroyed;
  }
  return {};
}

}  // namespace postern::spool
