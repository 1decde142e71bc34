// Recipients whose message waits in the portal: kept apart from the queue, which they have left.
#include "base/log.hpp"
#include "spool/keys.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {
namespace {

constexpr std::size_t most_at_once = 256;

/// By what it is found: the message's recipient, and the mails that lead to it.
std::vector<std::string> found_by(const PickupRecord& record) {
  std::vector<std::string> all = {keys::pickup_of(record.envelope.id, record.index)};
  if (!record.notice.empty()) all.push_back(keys::pickup_of(record.notice, 0));
  if (!record.passphrase_mail.empty()) all.push_back(keys::pickup_of(record.passphrase_mail, record.index));
  return all;
}
void index(Batch& batch, const PickupRecord& record) {
  for (const std::string& key : found_by(record))
    batch.put(Table::meta, key, record.lookup);
}
void forget_index(Batch& batch, const PickupRecord& record) {
  for (const std::string& key : found_by(record))
    batch.erase(Table::meta, key);
}

}  // namespace

void StoredSpool::keep_pickups(std::vector<PickupRecord> records, Done done) {
  Committer::Job job;
  job.build = [this, records = std::move(records)](Batch& batch, Group& group) -> Result<void> {
    std::vector<std::string> rows;
    for (const PickupRecord& record : records) {
      auto row = pickups_->seal(record, clock_.now());
      if (!row) return fail(row.error());
      rows.push_back(std::move(*row));
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
      batch.put(Table::pickup, records[i].lookup, rows[i]);
      group.pickups[records[i].lookup] = rows[i];
      index(batch, records[i]);
    }
    return {};
  };
  job.done = std::move(done);
  submit(std::move(job));
}

Result<PickupRecord> StoredSpool::pickup(const std::string& lookup) {
  const auto row = store_->get(Table::pickup, lookup);
  if (!row) return fail(row.error());
  if (!*row) return fail(Errc::not_found, "there is no pick-up of that name");
  return pickups_->unseal(**row);
}

Result<std::vector<PickupRecord>> StoredSpool::pickups_of(const QueueId& id) {
  std::vector<std::string> lookups;
  const std::string prefix = keys::pickup_of_prefix + id.str();
  const auto scanned =
      store_->scan(Table::meta, prefix, keys::after(prefix), [&](std::string_view, std::string_view lookup) {
        lookups.emplace_back(lookup);
        return true;
      });
  if (!scanned) return fail(scanned.error());
  std::vector<PickupRecord> records;
  for (const std::string& lookup : lookups) {
    auto record = pickup(lookup);
    if (!record) return fail(record.error());
    records.push_back(std::move(*record));
  }
  return records;
}

Result<std::vector<PickupRecord>> StoredSpool::list_pickups(const std::string& after, std::size_t limit) {
  std::vector<PickupRecord> records;
  const auto scanned = store_->scan(Table::pickup, after.empty() ? "" : after + '\0', "",
                                    [&](std::string_view key, std::string_view row) {
                                      auto record = pickups_->unseal(row);
                                      if (record) {
                                        records.push_back(std::move(*record));
                                      } else {
                                        log::warning("spool: pick-up {}: {}", key, record.error().text);
                                      }
                                      return records.size() < limit;
                                    });
  if (!scanned) return fail(scanned.error());
  return records;
}

void StoredSpool::change_pickup(const std::string& lookup, ChangePickup change, std::vector<EventBytes> events,
                                Done done) {
  Committer::Job job;
  job.build = [this, lookup, change = std::move(change), events = std::move(events)](Batch& batch,
                                                                                     Group& group) -> Result<void> {
    const auto now = row_now(*store_, Table::pickup, lookup, group.pickups);
    if (!now) return fail(now.error());
    if (!*now) return fail(Errc::not_found, "there is no pick-up of that name");
    auto record = pickups_->unseal(**now);
    if (!record) return fail(record.error());
    const PickupRecord before = *record;
    switch (change(*record)) {
      case PickupChange::none: return {};
      case PickupChange::gone:
        batch.erase(Table::pickup, lookup);
        forget_index(batch, before);
        group.pickups[lookup] = std::nullopt;
        break;
      case PickupChange::kept: {
        auto row = pickups_->seal(*record, clock_.now());
        if (!row) return fail(row.error());
        forget_index(batch, before);
        batch.put(Table::pickup, lookup, *row);
        index(batch, *record);
        group.pickups[lookup] = std::move(*row);
      }
    }
    add_events(batch, events);
    return {};
  };
  job.done = std::move(done);
  submit(std::move(job));
}

/// Sealed anew under the key of today, a few at a time; then the keys of days that nobody needs go.
Result<void> StoredSpool::tend_pickups() {
  const Time now = clock_.now();
  for (bool more = true; more;) {
    std::vector<std::string> old;
    const auto scanned = store_->scan(Table::pickup, "", "", [&](std::string_view key, std::string_view row) {
      if (PickupBox::is_old(row, now)) old.emplace_back(key);
      return old.size() < most_at_once;
    });
    if (!scanned) return scanned;
    more = old.size() == most_at_once;
    bool moved = false;
    Committer::Job job;
    job.build = [&](Batch& batch, Group& group) -> Result<void> {
      for (const std::string& lookup : old) {
        const auto current = row_now(*store_, Table::pickup, lookup, group.pickups);
        if (!current || !*current) continue;
        const auto record = pickups_->unseal(**current);
        auto row = record ? pickups_->seal(*record, now) : Result<std::string>(fail(record.error()));
        if (!row) {
          log::warning("spool: pick-up {} keeps its old key: {}", lookup, row.error().text);
          continue;
        }
        moved = true;
        batch.put(Table::pickup, lookup, *row);
        group.pickups[lookup] = std::move(*row);
      }
      return {};
    };
    if (!old.empty()) {
      if (auto written = submit_and_wait(std::move(job)); !written) return written;
    }
    more = more && moved;
  }
  std::set<crypto::EpochNumber> used;
  const auto scanned = store_->scan(Table::pickup, "", "", [&](std::string_view, std::string_view row) {
    used.insert(PickupBox::day_of(row));
    return true;
  });
  if (!scanned) return scanned;
  return pickups_->keep_only(used, now);
}

}  // namespace postern::spool
