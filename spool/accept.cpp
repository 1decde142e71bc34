// Mail on its way in: the disk's watermark, the commit record, events that belong to no message.
#include <sys/statvfs.h>

#include "spool/keys.hpp"
#include "spool/recover.hpp"
#include "spool/stored_spool.hpp"

namespace postern::spool {

/// Errc::limit below the disk's watermark.
Result<void> StoredSpool::room_for_more() {
  if (!committer_) return fail(Errc::denied, "the spool is open for reading only");
  struct statvfs disk{};
  if (::statvfs(options_.dir.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < options_.min_free) {
    return fail(Errc::limit, "the disk of the spool has less free space than spool.min_free");
  }
  return make_ready();
}

Result<std::unique_ptr<Incoming>> StoredSpool::begin(QueueId id) {
  if (auto room = room_for_more(); !room) return fail(room.error());
  return std::make_unique<SealedIncoming>(*store_, random_, ChunkPlace{std::move(id), {}}, committer_->generation());
}

void StoredSpool::commit(std::unique_ptr<Incoming> incoming, MessageRecord record,
                         std::vector<RecipientRecord> recipients, std::vector<EventBytes> events, std::string facts,
                         Done done) {
  const std::shared_ptr<SealedIncoming> body(static_cast<SealedIncoming*>(incoming.release()));
  if (const auto sealed = seal_record(*body, record); !sealed) return done(sealed);

  auto prepared = std::make_shared<Batch>();
  const QueueId& id = record.envelope.id;
  prepared->put(Table::body, keys::indexed(id, body->chunks() - 1), body->take_last_chunk());
  prepared->put(Table::message, id.str(), encoded(record));
  auto scheduled = std::make_shared<std::vector<std::string>>();
  for (const RecipientRecord& recipient : recipients) {
    prepared->put(Table::recipient, keys::indexed(id, recipient.index), encoded(recipient));
    scheduled->push_back(schedule_key(id, recipient));
    prepared->put(Table::schedule, scheduled->back(), schedule_value(recipient, record.envelope.origin.tenant));
  }
  if (!facts.empty()) {
    if (auto put = facts_->put(*prepared, id, facts, clock_.now()); !put) {
      stock_.decided(record.epoch);
      return done(put);
    }
  }
  Committer::Job job;
  job.build = [this, body, prepared, events = std::move(events)](Batch& batch, Group&) -> Result<void> {
    if (!body->whole_in(committer_->generation())) {
      return fail(Errc::unavailable, "the store was opened anew while this message arrived");
    }
    body->hand_over();
    batch = std::move(*prepared);
    add_events(batch, events);
    return {};
  };
  job.done = [this, scheduled, epoch = record.epoch, recipients = std::move(recipients),
              done = std::move(done)](Result<void> written) {
    if (written) {
      stock_.came(epoch, recipients);
      for (const std::string& key : *scheduled)
        claims_.scheduled(key);
    }
    stock_.decided(epoch);
    done(std::move(written));
  };
  submit(std::move(job));
}

/// Counted as under way before the key is wrapped: an epoch that looks empty may be destroyed at any moment.
Result<void> StoredSpool::seal_record(const SealedIncoming& body, MessageRecord& record) {
  const auto epoch = epochs_->current(clock_.now());
  if (!epoch) return fail(epoch.error());
  stock_.sealed(*epoch);
  auto wrapped = epochs_->wrap(*epoch, body.key());
  if (!wrapped) {
    stock_.decided(*epoch);
    return fail(wrapped.error());
  }
  record.size = body.size();
  record.sha256 = body.sha256();
  record.chunks = body.chunks();
  record.eight_bit = body.eight_bit();
  record.epoch = *epoch;
  record.wrapped_key = std::move(*wrapped);
  return {};
}

void StoredSpool::record(std::vector<EventBytes> events, Done done) {
  Committer::Job job;
  job.build = [this, events = std::move(events)](Batch& batch, Group&) -> Result<void> {
    add_events(batch, events);
    return {};
  };
  job.done = std::move(done);
  submit(std::move(job));
}

}  // namespace postern::spool
