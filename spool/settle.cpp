// A recipient's next state. All of it happens on the committer's thread, over the records as the jobs before
// it in the same group leave them.
#include <algorithm>

#include "spool/keys.hpp"
#include "spool/recover.hpp"
#include "spool/renditions.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {

Result<void> StoredSpool::attempting(const QueueId& id, const std::vector<std::uint32_t>& indexes,
                                     std::vector<EventBytes> events) {
  Committer::Job job;
  job.sync = false;
  job.build = [this, id, indexes, events = std::move(events)](Batch& batch, Group&) -> Result<void> {
    for (const std::uint32_t index : indexes)
      batch.put(Table::meta, keys::attempt(id, index), "");
    add_events(batch, events);
    return {};
  };
  return submit_and_wait(std::move(job));
}

void StoredSpool::settle(const QueueId& id, std::vector<RecipientChange> changes, std::vector<EventBytes> events,
                         Done done) {
  auto effect = std::make_shared<Effect>();
  std::vector<std::uint32_t> indexes;
  for (const RecipientChange& change : changes)
    indexes.push_back(change.index);
  Committer::Job job;
  job.build = [this, id, effect, changes = std::move(changes), events = std::move(events)](Batch& batch, Group& group) {
    return build_settle(batch, group, id, changes, events, *effect);
  };
  job.done = [this, id, effect, indexes = std::move(indexes), done = std::move(done)](Result<void> written) {
    // After any other error the outcome is not on record: who could claim it would send again what was sent.
    if (written || written.error().code == Errc::not_found) {
      // Claims first: what is scheduled next may be due at once, and a claimed entry is passed over.
      for (const std::uint32_t index : indexes)
        claims_.settled(id, index);
    }
    if (written) apply(*effect);
    done(std::move(written));
  };
  submit(std::move(job));
}

void StoredSpool::judged(const QueueId& id, std::vector<RecipientRecord> recipients, std::string policy_hash,
                         std::vector<EventBytes> events, std::string facts, Done done) {
  auto effect = std::make_shared<Effect>();
  std::vector<RecipientChange> changes;
  for (RecipientRecord& recipient : recipients)
    changes.push_back({recipient.index, std::move(recipient)});
  Committer::Job job;
  job.build = [this, id, effect, changes = std::move(changes), policy_hash = std::move(policy_hash),
               events = std::move(events), facts = std::move(facts)](Batch& batch, Group& group) -> Result<void> {
    auto message = load_message(id, &group);
    if (!message) return fail(message.error());
    if (!facts.empty()) {
      if (auto put = facts_->put(batch, id, facts, clock_.now()); !put) return put;
    }
    if (auto built = build_settle(batch, group, id, changes, events, *effect); !built) return built;
    message->judged = true;
    message->policy_hash = policy_hash;
    group.messages[id.str()] = encoded(*message);
    batch.put(Table::message, id.str(), encoded(*message));
    return {};
  };
  job.done = [this, effect, done = std::move(done)](Result<void> written) {
    if (written) apply(*effect);
    done(std::move(written));
  };
  submit(std::move(job));
}

/// `group`: as its jobs so far leave it.
Result<MessageRecord> StoredSpool::load_message(const QueueId& id, const Group* group) {
  const auto missing = [&id] { return fail(Errc::not_found, "no message " + id.str() + " in the queue"); };
  if (group != nullptr) {
    const auto found = group->messages.find(id.str());
    if (found != group->messages.end()) return found->second ? decode_message(*found->second) : missing();
  }
  const auto stored = store_->get(Table::message, id.str());
  if (!stored) return fail(stored.error());
  return *stored ? decode_message(**stored) : missing();
}

Result<StoredSpool::Records> StoredSpool::recipients_now(const QueueId& id, const Group& group) {
  Records records;
  const auto scanned = store_->scan(Table::recipient, id.str(), keys::after(id.str()),
                                    [&](std::string_view key, std::string_view value) {
                                      records.emplace(key, value);
                                      return true;
                                    });
  if (!scanned) return fail(scanned.error());
  const Group::Pending& pending = group.recipients;
  for (auto at = pending.lower_bound(id.str()); at != pending.end() && at->first.starts_with(id.str()); ++at) {
    if (at->second) {
      records[at->first] = *at->second;
    } else {
      records.erase(at->first);
    }
  }
  return records;
}

Result<void> StoredSpool::build_settle(Batch& batch, Group& group, const QueueId& id,
                                       const std::vector<RecipientChange>& changes,
                                       const std::vector<EventBytes>& events, Effect& effect) {
  auto records = recipients_now(id, group);
  if (!records) return fail(records.error());
  const auto message = load_message(id, &group);
  if (!message) return fail(message.error());
  Group::Pending pending;
  std::vector<Rendition> left;
  for (const RecipientChange& change : changes) {
    const auto old = records->find(keys::indexed(id, change.index));
    if (old == records->end()) return fail(Errc::not_found, "the recipient is not in the queue any more");
    change_one(batch, pending, message->envelope, change, old->second, effect);
    if (auto rendition = rendition_of(old->second)) left.push_back(std::move(*rendition));
    if (change.next) {
      old->second = encoded(*change.next);
    } else {
      records->erase(old);
    }
  }
  // One entry stands for all unjudged recipients: the first that leaves must not take it from the others.
  const bool still_unjudged = std::ranges::any_of(*records, [](const auto& entry) {
    const auto record = decode_recipient(entry.second);
    return record && std::holds_alternative<Unjudged>(record->state);
  });
  if (still_unjudged) batch.put(Table::schedule, keys::unjudged(id), "");

  erase_unused(batch, id, left, *records);
  for (auto& [key, value] : pending)
    group.recipients[key] = std::move(value);
  add_events(batch, events);
  if (!records->empty()) return {};
  // The last recipient is gone: record and chunks go with it, and so the wrapped key.
  for (std::uint32_t i = 0; i < message->chunks; ++i)
    batch.erase(Table::body, keys::indexed(id, i));
  batch.erase(Table::message, id.str());
  group.messages[id.str()] = std::nullopt;
  effect.message_left = message->epoch;
  return {};
}

void StoredSpool::change_one(Batch& batch, Group::Pending& pending, const mail::Envelope& envelope,
                             const RecipientChange& change, const std::string& old, Effect& effect) {
  const QueueId& id = envelope.id;
  const std::string key = keys::indexed(id, change.index);
  if (const auto record = decode_recipient(old)) {
    batch.erase(Table::schedule, schedule_key(id, *record));
    effect.gone.push_back(record->state);
  }
  batch.erase(Table::meta, keys::attempt(id, change.index));
  if (!change.next) {
    batch.erase(Table::recipient, key);
    pending[key] = std::nullopt;
    return;
  }
  const std::string entry = schedule_key(id, *change.next);
  batch.put(Table::recipient, key, encoded(*change.next));
  batch.put(Table::schedule, entry, schedule_value(*change.next, envelope.origin.tenant));
  pending[key] = encoded(*change.next);
  effect.come.push_back(change.next->state);
  effect.scheduled.push_back(entry);
}

void StoredSpool::apply(const Effect& effect) {
  for (const std::string& key : effect.scheduled)
    claims_.scheduled(key);
  stock_.changed(effect.gone, effect.come);
  if (effect.message_left) stock_.left(*effect.message_left);
}

}  // namespace postern::spool
