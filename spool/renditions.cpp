#include "spool/renditions.hpp"

#include <set>

#include "spool/keys.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {

std::optional<Rendition> rendition_of(const std::string& recipient) {
  auto record = decode_recipient(recipient);
  if (!record) return std::nullopt;
  return std::move(record->rendition);
}

void erase_unused(Batch& batch, const QueueId& id, const std::vector<Rendition>& maybe,
                  const std::map<std::string, std::string, std::less<>>& recipients) {
  if (maybe.empty()) return;
  std::set<std::uint64_t> kept;
  for (const auto& [key, value] : recipients) {
    if (const auto rendition = rendition_of(value)) kept.insert(rendition->number);
  }
  for (const Rendition& rendition : maybe) {
    if (!kept.insert(rendition.number).second) continue;  // erased once
    for (std::uint32_t i = 0; i < rendition.chunks; ++i)
      batch.erase(Table::rendition, keys::rendition(id, rendition.number, i));
  }
}

Result<std::unique_ptr<Incoming>> StoredSpool::begin_rendition(const QueueId& id) {
  if (auto room = room_for_more(); !room) return fail(room.error());
  const std::uint64_t number = random_.below(UINT64_MAX);
  return std::make_unique<SealedIncoming>(*store_, random_, ChunkPlace{id, number}, committer_->generation());
}

void StoredSpool::keep_rendition(std::unique_ptr<Incoming> incoming, std::vector<SealedTo> recipients,
                                 RenditionKept done) {
  const std::shared_ptr<SealedIncoming> body(static_cast<SealedIncoming*>(incoming.release()));
  auto made = std::make_shared<Rendition>();
  Committer::Job job;
  job.build = [this, body, made, recipients = std::move(recipients)](Batch& batch, Group& group) -> Result<void> {
    auto built = build_rendition(batch, group, *body, recipients);
    if (!built) return fail(built.error());
    *made = std::move(*built);
    return {};
  };
  job.done = [made, done = std::move(done)](const Result<void>& written) {
    done(written ? Result<Rendition>(std::move(*made)) : fail(written.error()));
  };
  submit(std::move(job));
}

Result<Rendition> StoredSpool::build_rendition(Batch& batch, Group& group, SealedIncoming& body,
                                               const std::vector<SealedTo>& recipients) {
  const ChunkPlace& place = body.place();
  if (!body.whole_in(committer_->generation())) {
    return fail(Errc::unavailable, "the store was opened anew while a rendition was written");
  }
  const auto message = load_message(place.id, &group);
  if (!message) return fail(message.error());
  const auto key = message_key(*message);
  if (!key) return fail(key.error());
  auto records = recipients_now(place.id, group);
  if (!records) return fail(records.error());

  const Rendition made{*place.rendition, body.size(), body.sha256(), body.chunks(), crypto::wrap_key(*key, body.key()),
                       body.eight_bit()};
  Group::Pending pending;
  std::vector<Rendition> before;
  for (const SealedTo& sealed : recipients) {
    const auto stored = records->find(keys::indexed(place.id, sealed.index));
    if (stored == records->end()) return fail(Errc::not_found, "the recipient is not in the queue any more");
    auto record = decode_recipient(stored->second);
    if (!record) return fail(record.error());
    if (record->rendition) before.push_back(*record->rendition);
    record->rendition = made;
    record->sealed_to = sealed.key;
    stored->second = encoded(*record);
    pending[stored->first] = stored->second;
    batch.put(Table::recipient, stored->first, stored->second);
  }
  erase_unused(batch, place.id, before, *records);
  body.hand_over();
  batch.put(Table::rendition, place.key(body.chunks() - 1), body.take_last_chunk());
  for (auto& [where, value] : pending)
    group.recipients[where] = std::move(value);
  return made;
}

/// It may have been wrapped anew since the caller loaded the record.
Result<Secret> StoredSpool::message_key(const MessageRecord& record) {
  auto key = epochs_->unwrap(record.epoch, record.wrapped_key);
  if (key) return key;
  const auto now = load_message(record.envelope.id);
  if (!now) return fail(now.error());
  return epochs_->unwrap(now->epoch, now->wrapped_key);
}

Result<std::unique_ptr<BodyReader>> StoredSpool::open_rendition(const MessageRecord& record,
                                                                const Rendition& rendition) {
  const auto message = message_key(record);
  if (!message) return fail(message.error());
  auto key = crypto::unwrap_key(*message, rendition.wrapped_key);
  if (!key) return fail(key.error());
  SealedBody body{ChunkPlace{record.envelope.id, rendition.number}, rendition.chunks, rendition.sha256};
  return std::make_unique<SealedBodyReader>(*store_, std::move(body), std::move(*key));
}

}  // namespace postern::spool
