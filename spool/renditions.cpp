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

void StoredSpool::keep_rendition(std::unique_ptr<Incoming> incoming, std::vector<SealedTo> recipients,
                                 RenditionKept done) {
  const std::shared_ptr<SealedIncoming> body(static_cast<SealedIncoming*>(incoming.release()));
  auto made = std::make_shared<Rendition>();
  Committer::Job job;
  job.changes_queue = false;
  job.build = [this, body, made, recipients = std::move(recipients)](Batch& batch, Group& group) -> Result<void> {
    auto built = build_rendition(batch, group, *body, recipients);
    if (!built) return fail(built.error());
    *made = std::move(*built);
    return {};
  };
  job.done = [made, body, done = std::move(done)](const Result<void>& written) {
    body->takes({});  // it is counted as stored now
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
  const auto message = message_now(place.id, group);
  if (!message) return fail(message.error());
  const auto key = message_key(**message);
  if (!key) return fail(key.error());

  const Rendition made{*place.rendition, body.size(), body.sha256(), body.chunks(), crypto::wrap_key(*key, body.key()),
                       body.eight_bit()};
  RecipientsNow now(*store_, place.id, group);
  HoldersChange holders(place.id);
  for (const SealedTo& sealed : recipients) {
    const auto stored = now.find(sealed.index);
    if (!stored) return fail(stored.error());
    auto record = decode_recipient(*stored);
    if (!record) return fail(record.error());
    holders.changed(record->rendition, std::nullopt);
    record->rendition = made;
    record->sealed_to = sealed.key;
    now.change(batch, sealed.index, encoded(*record));
  }
  holders.made(made, recipients.size());
  if (auto counted = holders.write(batch, *store_, group); !counted) return fail(counted.error());
  body.hand_over();
  batch.put(Table::rendition, place.key(body.chunks() - 1), body.take_last_chunk());
  std::move(now).hand_over(group);
  std::move(holders).hand_over(group);
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
