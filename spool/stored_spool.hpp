// Spool over a Store. Its parts: accept.cpp (in), renditions.cpp (what was sealed), settle.cpp (a recipient's next
// state), pickups.cpp (who waits in the portal), look.cpp (claims, reading, the outbox), tend.cpp (keys and retention),
// spool.cpp (opening).
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "crypto/epoch_keys.hpp"
#include "spool/body.hpp"
#include "spool/claims.hpp"
#include "spool/committer.hpp"
#include "spool/decoded_messages.hpp"
#include "spool/facts_box.hpp"
#include "spool/pickup_box.hpp"
#include "spool/recipients_now.hpp"
#include "spool/rendition_room.hpp"
#include "spool/sealed_rendition.hpp"
#include "spool/spool.hpp"
#include "spool/stock.hpp"
#include "spool/store.hpp"

namespace postern::spool {

template <class Record>
[[nodiscard]] std::string encoded(const Record& record) {
  Writer out;
  encode(out, record);
  return out.take();
}

class StoredSpool final : public Spool {
 public:
  StoredSpool(std::unique_ptr<Store> store, SpoolOptions options, const Clock& clock, Random& random)
      : store_(std::move(store)),
        options_(std::move(options)),
        clock_(clock),
        random_(random),
        rendition_room_(options_.renditions) {}

  /// Keys, high-water mark, recovery, committer. `writable`: false for the read-only view.
  [[nodiscard]] Result<void> start(bool writable);

  const Recovery& recovery() const override { return recovery_; }
  Result<std::unique_ptr<Incoming>> begin(QueueId id) override;
  void commit(std::unique_ptr<Incoming> incoming, MessageRecord record, std::vector<RecipientRecord> recipients,
              std::vector<EventBytes> events, std::string facts, Done done) override;
  void record(std::vector<EventBytes> events, Done done) override;
  Result<std::unique_ptr<Incoming>> begin_rendition(const QueueId& id, std::uint64_t octets) override;
  Result<Made> make_rendition(std::unique_ptr<Incoming> incoming, const MessageRecord& record,
                              std::vector<SealedTo> recipients) override;
  Result<std::unique_ptr<BodyReader>> open_rendition(const MessageRecord& record, const Rendition& rendition) override;
  Result<Place> scan_due(Time now, const Place& from, const PickDue& pick) override;
  std::optional<Place> changed_from() override { return claims_.changed_from(); }
  bool claim(const QueueId& id, std::uint32_t index) override;
  void unclaim(const QueueId& id, std::uint32_t index) override;
  Result<std::optional<Time>> next_due(Time after) override;
  Result<StoredMessage> load(const QueueId& id) override;
  Result<std::unique_ptr<BodyReader>> open_body(const MessageRecord& record) override;
  void attempting(const QueueId& id, const std::vector<std::uint32_t>& indexes, Made made,
                  std::vector<EventBytes> events, Done done) override;
  void settle(const QueueId& id, std::vector<RecipientChange> changes, std::vector<EventBytes> events,
              Done done) override;
  void judged(const QueueId& id, std::vector<RecipientRecord> recipients, std::string policy_hash,
              std::vector<EventBytes> events, std::string facts, Done done) override;
  Result<std::vector<QueueId>> unjudged(std::size_t limit) override;
  Result<std::vector<DueRecipient>> claim_expired_holds(Time now, std::size_t limit) override;
  void keep_pickups(std::vector<PickupRecord> records, Done done) override;
  Result<PickupRecord> pickup(const std::string& lookup) override;
  Result<std::vector<PickupRecord>> pickups_of(const QueueId& id) override;
  Result<std::vector<PickupRecord>> list_pickups(const std::string& after, std::size_t limit) override;
  void change_pickup(const std::string& lookup, ChangePickup change, std::vector<EventBytes> events,
                     Done done) override;
  Result<std::vector<StoredMessage>> list(const QueueId& after, std::size_t limit) override;
  Result<std::vector<SetAside>> set_aside(const std::string& of) override;
  QueueCounts counts() const override { return stock_.counts(); }
  Result<std::string> facts(const QueueId& id) override { return facts_->get(*store_, id); }
  Result<std::vector<std::pair<std::uint64_t, EventBytes>>> events_after(std::uint64_t cursor,
                                                                         std::size_t limit) override;
  Result<std::uint64_t> cursor(const std::string& projection) override;
  void number_events_after(std::uint64_t used) override;
  Result<void> move_cursor(const std::string& projection, std::uint64_t to) override;
  void on_change(std::function<void()> wake) override;
  Result<void> tend() override;

 private:
  /// What a settle changes in memory once it is on disk.
  struct Effect {
    std::vector<RecipientState> gone, come;
    std::vector<std::string> scheduled;
    std::optional<crypto::EpochNumber> message_left;
    std::vector<std::shared_ptr<SealedRendition>> put_on_record;
  };
  struct Rewrapped {
    crypto::EpochNumber from, to;
  };

  // spool.cpp
  [[nodiscard]] Result<void> open_keys(bool writable);
  void report_lost_tail(std::uint64_t sequence, const HighWater::Mark& mark);
  [[nodiscard]] Result<void> recount();
  [[nodiscard]] Result<void> make_ready();
  void submit(Committer::Job job);
  [[nodiscard]] Result<void> submit_and_wait(Committer::Job job);
  void add_events(Batch& batch, const std::vector<EventBytes>& events);

  // accept.cpp
  [[nodiscard]] Result<void> room_for_more();
  [[nodiscard]] Result<void> seal_record(const SealedIncoming& body, MessageRecord& record);

  // renditions.cpp
  [[nodiscard]] Result<Secret> message_key(const MessageRecord& record);
  [[nodiscard]] Result<void> put_on_record(Batch& batch, Group& group, SealedRendition& made);
  void forget_lost(std::vector<RecipientChange>& changes) const;

  // settle.cpp
  [[nodiscard]] Result<MessageRecord> load_message(const QueueId& id);
  [[nodiscard]] Result<std::shared_ptr<const MessageRecord>> message_now(const QueueId& id, const Group& group);
  [[nodiscard]] Result<void> build_settle(Batch& batch, Group& group, const QueueId& id,
                                          const std::vector<RecipientChange>& changes,
                                          const std::vector<EventBytes>& events, Effect& effect);
  void change_one(Batch& batch, RecipientsNow& recipients, const mail::Envelope& envelope,
                  const RecipientChange& change, const RecipientRecord* old, Effect& effect);
  void apply(const Effect& effect);

  // tend.cpp
  [[nodiscard]] Result<void> rewrap_old(crypto::EpochNumber to);
  [[nodiscard]] Result<void> rewrap(const std::vector<QueueId>& ids, crypto::EpochNumber to);
  [[nodiscard]] Result<std::optional<Rewrapped>> build_rewrap(Batch& batch, Group& group, const QueueId& id,
                                                              crypto::EpochNumber to);
  [[nodiscard]] Result<void> destroy_empty(crypto::EpochNumber now_epoch);

  // pickups.cpp
  [[nodiscard]] Result<void> tend_pickups();

  std::unique_ptr<Store> store_;
  SpoolOptions options_;
  const Clock& clock_;
  Random& random_;
  RenditionRoom rendition_room_;
  std::unique_ptr<crypto::EpochKeys> epochs_;
  std::unique_ptr<FactsBox> facts_;
  std::unique_ptr<PickupBox> pickups_;
  std::unique_ptr<HighWater> mark_;
  Recovery recovery_;
  Claims claims_;
  Stock stock_;
  std::mutex cursors_mutex_;
  std::map<std::string, std::uint64_t> cursors_;
  std::atomic<std::uint64_t> erased_to_ = 0;
  std::atomic<std::uint64_t> last_event_ = 0;  // counted by the committer alone
  DecodedMessages decoded_;                    // the committer's
  std::unique_ptr<Committer> committer_;       // null: read-only. Last, so that it stops first
};

}  // namespace postern::spool
