// Reading: what is due, what is there, what the outbox holds.
#include "spool/keys.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {

Result<std::vector<DueRecipient>> StoredSpool::claim_expired_holds(Time now, std::size_t limit) {
  return claims_.claim_expired_holds(*store_, now, limit);
}

Result<Place> StoredSpool::scan_due(Time now, const Place& from, const PickDue& pick) {
  if (auto ready = make_ready(); !ready) return fail(ready.error());
  return claims_.scan_due(*store_, now, from, pick);
}

bool StoredSpool::claim(const QueueId& id, std::uint32_t index) {
  return claims_.claim(id, index);
}

void StoredSpool::unclaim(const QueueId& id, std::uint32_t index) {
  claims_.unclaim(id, index);
}

Result<std::optional<Time>> StoredSpool::next_due(Time after) {
  return claims_.next_due(*store_, after);
}

Result<StoredMessage> StoredSpool::load(const QueueId& id) {
  auto message = load_message(id);
  if (!message) return fail(message.error());
  StoredMessage stored;
  stored.message = std::move(*message);
  const auto scanned =
      store_->scan(Table::recipient, id.str(), keys::after(id.str()), [&](std::string_view, std::string_view value) {
        if (auto record = decode_recipient(value)) stored.recipients.push_back(std::move(*record));
        return true;
      });
  if (!scanned) return fail(scanned.error());
  return stored;
}

Result<std::unique_ptr<BodyReader>> StoredSpool::open_body(const MessageRecord& record) {
  SealedBody body{ChunkPlace{record.envelope.id, {}}, record.chunks, record.sha256};
  auto key = message_key(record);
  if (!key) return fail(key.error());
  return std::make_unique<SealedBodyReader>(*store_, std::move(body), std::move(*key));
}

Result<std::vector<QueueId>> StoredSpool::unjudged(std::size_t limit) {
  std::vector<QueueId> ids;
  if (limit == 0) return ids;
  const auto scanned = store_->scan(Table::schedule, "u", "v", [&](std::string_view key, std::string_view) {
    if (auto id = QueueId::parse(key.substr(1))) ids.push_back(std::move(*id));
    return ids.size() < limit;
  });
  if (!scanned) return fail(scanned.error());
  return ids;
}

Result<std::vector<StoredMessage>> StoredSpool::list(const QueueId& after, std::size_t limit) {
  std::vector<QueueId> ids;
  std::vector<StoredMessage> messages;
  if (limit == 0) return messages;
  const std::string from = after.empty() ? "" : keys::after(after.str());
  const auto scanned = store_->scan(Table::message, from, "", [&](std::string_view key, std::string_view) {
    if (auto id = QueueId::parse(key)) ids.push_back(std::move(*id));
    return ids.size() < limit;
  });
  if (!scanned) return fail(scanned.error());
  for (const QueueId& id : ids) {
    if (auto stored = load(id)) messages.push_back(std::move(*stored));  // else it left meanwhile
  }
  return messages;
}

Result<std::vector<SetAside>> StoredSpool::set_aside(const std::string& of) {
  std::vector<SetAside> found;
  const auto scanned =
      store_->scan(Table::meta, keys::aside_prefix, keys::after(keys::aside_prefix),
                   [&](std::string_view key, std::string_view value) {
                     const std::string_view rest = key.substr(keys::aside_prefix.size());
                     const std::size_t slash = std::min(rest.find('/'), rest.size());
                     const std::string_view of_record = rest.substr(std::min(slash + 1, rest.size()));
                     if (!of.empty() && !of_record.starts_with(of)) return true;
                     found.push_back({std::string(rest.substr(0, slash)), std::string(of_record), std::string(value)});
                     return true;
                   });
  if (!scanned) return fail(scanned.error());
  return found;
}

Result<std::vector<std::pair<std::uint64_t, EventBytes>>> StoredSpool::events_after(std::uint64_t cursor,
                                                                                    std::size_t limit) {
  std::vector<std::pair<std::uint64_t, EventBytes>> events;
  if (limit == 0) return events;
  if (auto ready = make_ready(); !ready) return fail(ready.error());
  const auto scanned =
      store_->scan(Table::outbox, keys::event(cursor + 1), "", [&](std::string_view key, std::string_view value) {
        events.emplace_back(keys::read_big_endian(key), std::string(value));
        return events.size() < limit;
      });
  if (!scanned) return fail(scanned.error());
  return events;
}

Result<std::uint64_t> StoredSpool::cursor(const std::string& projection) {
  const auto stored = store_->get(Table::meta, keys::cursor(projection));
  if (!stored) return fail(stored.error());
  const std::uint64_t at = *stored ? keys::read_big_endian(**stored) : 0;
  const std::lock_guard lock(cursors_mutex_);
  cursors_[projection] = at;
  return at;
}

Result<void> StoredSpool::move_cursor(const std::string& projection, std::uint64_t to) {
  std::uint64_t slowest = to;
  {
    const std::lock_guard lock(cursors_mutex_);
    cursors_[projection] = to;
    for (const auto& [name, at] : cursors_)
      slowest = std::min(slowest, at);
  }
  Batch batch;
  batch.put(Table::meta, keys::cursor(projection), keys::event(to));
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

}  // namespace postern::spool
