// What was sealed for recipients of a message: written as bodies are, put on record with whom it is for.
#include "spool/holders.hpp"
#include "spool/keys.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {

Result<std::unique_ptr<Incoming>> StoredSpool::begin_rendition(const QueueId& id, std::uint64_t octets) {
  if (auto room = room_for_more(); !room) return fail(room.error());
  auto place = rendition_room_.take(*store_, id, octets);
  if (!place) return fail(place.error());
  if (!*place) return nullptr;
  const std::uint64_t number = random_.below(UINT64_MAX);
  auto incoming = std::make_unique<SealedIncoming>(*store_, random_, ChunkPlace{id, number}, committer_->generation());
  incoming->takes(std::move(*place));
  return incoming;
}

Result<Made> StoredSpool::make_rendition(std::unique_ptr<Incoming> incoming, const MessageRecord& record,
                                         std::vector<SealedTo> recipients) {
  std::unique_ptr<SealedIncoming> body(static_cast<SealedIncoming*>(incoming.release()));
  const auto key = message_key(record);
  if (!key) return fail(key.error());
  Rendition made{
      *body->place().rendition, body->size(), body->sha256(), body->chunks(), crypto::wrap_key(*key, body->key()),
      body->eight_bit()};
  return std::make_shared<SealedRendition>(std::move(body), std::move(made), std::move(recipients),
                                           record.envelope.to.size() == 1);
}

void SealedRendition::put(Batch& batch, std::uint64_t generation) {
  const ChunkPlace& place = body_->place();
  batch.put(Table::rendition, place.key(body_->chunks() - 1), body_->last_chunk());
  body_->hand_over();
  put_in_ = generation;
}

void SealedRendition::give_up(Batch& batch) {
  const ChunkPlace& place = body_->place();
  for (std::uint32_t i = 0; i + 1 < body_->chunks(); ++i)
    batch.erase(Table::rendition, place.key(i));
  body_->hand_over();
}

/// With all who have it, whoever of them is being sent it.
Result<void> StoredSpool::put_on_record(Batch& batch, Group& group, SealedRendition& made) {
  if (made.lost_in(committer_->generation()))
    return fail(Errc::unavailable, "a write failed while a rendition was made; it is made anew");
  if (made.on_record()) return {};
  RecipientsNow now(*store_, made.id(), group);
  HoldersChange holders(made.id(), made.one_recipient());
  holders.is_new(made.rendition());
  for (const SealedTo& sealed : made.recipients()) {
    const auto stored = now.find(sealed.index);
    if (!stored) return fail(stored.error());
    auto record = decode_recipient(*stored);
    if (!record) return fail(record.error());
    holders.changed(record->rendition, made.rendition());
    record->rendition = made.rendition();
    record->sealed_to = sealed.key;
    now.change(batch, sealed.index, encoded(*record));
  }
  if (auto counted = holders.write(batch, *store_, group); !counted) return fail(counted.error());
  std::move(now).hand_over(group);
  std::move(holders).hand_over(group);
  made.put(batch, committer_->generation());
  return {};
}

/// What may not be there is nobody's: it is made anew by the next attempt.
void StoredSpool::forget_lost(std::vector<RecipientChange>& changes) const {
  for (RecipientChange& change : changes) {
    const auto made = std::static_pointer_cast<SealedRendition>(change.made);
    if (!made || !change.next || change.next->rendition != made->rendition()) continue;
    if (!made->lost_in(committer_->generation())) continue;
    change.next->rendition.reset();
    change.next->sealed_to.clear();
  }
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
