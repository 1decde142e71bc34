// A recipient's next state. All of it happens on the committer's thread, over the records as the jobs before
// it in the same group leave them.
#include <set>

#include "spool/holders.hpp"
#include "spool/keys.hpp"
#include "spool/recover.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {
namespace {

std::unexpected<Error> no_message(const QueueId& id) {
  return fail(Errc::not_found, "no message " + id.str() + " in the queue");
}

bool is_unjudged(const RecipientRecord& record) {
  return std::holds_alternative<Unjudged>(record.state);
}

/// Renditions on no record yet: those that somebody keeps, and those that nobody does.
struct MadeOnes {
  std::set<std::shared_ptr<SealedRendition>> kept, given_up;
};
MadeOnes made_for(const std::vector<RecipientChange>& changes) {
  MadeOnes made;
  for (const RecipientChange& change : changes) {
    const auto one = std::static_pointer_cast<SealedRendition>(change.made);
    if (!one || one->on_record()) continue;
    (change.next && change.next->rendition == one->rendition() ? made.kept : made.given_up).insert(one);
  }
  for (const auto& one : made.kept)
    made.given_up.erase(one);
  return made;
}

}  // namespace

void StoredSpool::attempting(const QueueId& id, const std::vector<std::uint32_t>& indexes, Made made,
                             std::vector<EventBytes> events, Done done) {
  const auto rendition = std::static_pointer_cast<SealedRendition>(std::move(made));
  Committer::Job job;
  job.sync = false;
  job.build = [this, id, indexes, rendition, events = std::move(events)](Batch& batch, Group& group) -> Result<void> {
    if (rendition) {
      if (auto put = put_on_record(batch, group, *rendition); !put) return put;
    }
    for (const std::uint32_t index : indexes)
      batch.put(Table::meta, keys::attempt(id, index), "");
    add_events(batch, events);
    return {};
  };
  job.done = [rendition, done = std::move(done)](Result<void> written) {
    if (rendition && written) rendition->leave_room();
    done(std::move(written));
  };
  submit(std::move(job));
}

void StoredSpool::settle(const QueueId& id, std::vector<RecipientChange> changes, std::vector<EventBytes> events,
                         Done done) {
  auto effect = std::make_shared<Effect>();
  std::vector<std::uint32_t> indexes;
  for (const RecipientChange& change : changes)
    indexes.push_back(change.index);
  Committer::Job job;
  job.build = [this, id, effect, changes = std::move(changes), events = std::move(events)](Batch& batch,
                                                                                           Group& group) mutable {
    forget_lost(changes);
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
    const auto now = message_now(id, group);
    if (!now) return fail(now.error());
    if (!facts.empty()) {
      if (auto put = facts_->put(batch, id, facts, clock_.now()); !put) return put;
    }
    if (auto built = build_settle(batch, group, id, changes, events, *effect); !built) return built;
    MessageRecord message = **now;
    message.judged = true;
    message.policy_hash = policy_hash;
    group.messages[id.str()] = encoded(message);
    batch.put(Table::message, id.str(), encoded(message));
    return {};
  };
  job.done = [this, effect, done = std::move(done)](Result<void> written) {
    if (written) apply(*effect);
    done(std::move(written));
  };
  submit(std::move(job));
}

Result<MessageRecord> StoredSpool::load_message(const QueueId& id) {
  const auto stored = store_->get(Table::message, id.str());
  if (!stored) return fail(stored.error());
  return *stored ? decode_message(**stored) : no_message(id);
}

/// On the committer's thread: as the jobs so far of `group` leave it.
Result<std::shared_ptr<const MessageRecord>> StoredSpool::message_now(const QueueId& id, const Group& group) {
  auto bytes = row_now(*store_, Table::message, id.str(), group.messages);
  if (!bytes) return fail(bytes.error());
  if (!*bytes) return no_message(id);
  return decoded_.decode(std::move(**bytes));
}

Result<void> StoredSpool::build_settle(Batch& batch, Group& group, const QueueId& id,
                                       const std::vector<RecipientChange>& changes,
                                       const std::vector<EventBytes>& events, Effect& effect) {
  const auto message = message_now(id, group);
  if (!message) return fail(message.error());
  RecipientsNow recipients(*store_, id, group);
  HoldersChange holders(id, (*message)->envelope.to.size() == 1);
  bool was_unjudged = false;
  for (const RecipientChange& change : changes) {
    const auto stored = recipients.find(change.index);
    if (!stored) return fail(stored.error());
    const auto old = decode_recipient(*stored);
    change_one(batch, recipients, (*message)->envelope, change, old ? &*old : nullptr, effect);
    holders.changed(old ? old->rendition : std::nullopt, change.next ? change.next->rendition : std::nullopt);
    was_unjudged = was_unjudged || (old && is_unjudged(*old));
  }
  // One entry stands for all unjudged recipients: the first that leaves must not take it from the others.
  if (was_unjudged) {
    const auto still = recipients.any([](std::string_view bytes) {
      const auto record = decode_recipient(bytes);
      return record && is_unjudged(*record);
    });
    if (!still) return fail(still.error());
    if (*still) batch.put(Table::schedule, keys::unjudged(id), "");
  }
  const MadeOnes made = made_for(changes);
  for (const auto& rendition : made.kept)
    holders.is_new(rendition->rendition());
  if (auto counted = holders.write(batch, *store_, group); !counted) return counted;
  const std::uint32_t next = changes.empty() ? 0 : changes.back().index + 1;
  const auto any_left = recipients.any([](std::string_view) { return true; }, next);
  if (!any_left) return fail(any_left.error());

  std::move(recipients).hand_over(group);
  std::move(holders).hand_over(group);
  for (const auto& rendition : made.kept)
    rendition->put(batch, committer_->generation());
  for (const auto& rendition : made.given_up)
    rendition->give_up(batch);
  effect.put_on_record.assign(made.kept.begin(), made.kept.end());
  add_events(batch, events);
  if (*any_left) return {};
  // The last recipient is gone: record and chunks go with it, and so the wrapped key.
  for (std::uint32_t i = 0; i < (*message)->chunks; ++i)
    batch.erase(Table::body, keys::indexed(id, i));
  batch.erase(Table::message, id.str());
  group.messages[id.str()] = std::nullopt;
  effect.message_left = (*message)->epoch;
  return {};
}

/// `old`: null where it could not be read.
void StoredSpool::change_one(Batch& batch, RecipientsNow& recipients, const mail::Envelope& envelope,
                             const RecipientChange& change, const RecipientRecord* old, Effect& effect) {
  const QueueId& id = envelope.id;
  if (old != nullptr) {
    batch.erase(Table::schedule, schedule_key(id, *old));
    effect.gone.push_back(old->state);
  }
  batch.erase(Table::meta, keys::attempt(id, change.index));
  if (!change.next) return recipients.change(batch, change.index, std::nullopt);
  const std::string entry = schedule_key(id, *change.next);
  recipients.change(batch, change.index, encoded(*change.next));
  batch.put(Table::schedule, entry, schedule_value(*change.next, envelope.origin.tenant));
  effect.come.push_back(change.next->state);
  effect.scheduled.push_back(entry);
}

void StoredSpool::apply(const Effect& effect) {
  for (const auto& rendition : effect.put_on_record)
    rendition->leave_room();
  for (const std::string& key : effect.scheduled)
    claims_.scheduled(key);
  stock_.changed(effect.gone, effect.come);
  if (effect.message_left) stock_.left(*effect.message_left);
}

}  // namespace postern::spool
