// What every spool test needs: a folder that goes away, a clock to turn, randomness that repeats, and
// messages.
#pragma once

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <random>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "spool/spool.hpp"
#include "tests/support/folder.hpp"

namespace postern::test {

class TurnedClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return Time(Duration(ms_)); }
  void forward(Duration by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_ = 1'764'000'000'000;  // 2025-11-24T16:00:00Z, the first millisecond of an epoch
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}
  void fill(std::span<std::uint8_t> into) override {
    const std::lock_guard lock(mutex_);
    for (std::uint8_t& byte : into)
      byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

inline Secret kek(std::uint8_t fill = 7) {
  Secret key(32);
  for (std::uint8_t& byte : key.bytes())
    byte = fill;
  return key;
}

inline spool::SpoolOptions options_in(const std::filesystem::path& dir) {
  spool::SpoolOptions options;
  options.dir = dir;
  options.kek = kek();
  options.min_free = 0;
  return options;
}

inline mail::Address address(const std::string& text) {
  return mail::Address::parse(text).value();
}

inline spool::MessageRecord message_record(const QueueId& id, Time now, std::size_t recipients) {
  spool::MessageRecord record;
  record.envelope.id = id;
  record.envelope.from = address("sender@clinic.example");
  record.envelope.header_from = address("sender@clinic.example");
  for (std::size_t i = 0; i < recipients; ++i) {
    record.envelope.to.push_back(address("r" + std::to_string(i) + "@there.example"));
  }
  record.accepted = now;
  record.policy_hash = "hash";
  return record;
}

inline spool::RecipientRecord recipient_record(std::uint32_t index, spool::RecipientState state) {
  spool::RecipientRecord record;
  record.index = index;
  record.address = address("r" + std::to_string(index) + "@there.example");
  record.ladder = {mail::TlsRelay{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::verified)}, mail::Hold{}};
  record.state = std::move(state);
  return record;
}

/// Calls `start(done)` and waits for its answer.
template <class Start>
Result<void> wait_for(Start start) {
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto answer = promise->get_future();
  start([promise](Result<void> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

/// A message with `recipients` in `state`, from begin to the answer.
inline Result<QueueId> keep(spool::Spool& spool, const Clock& clock, Random& random, const std::string& body,
                            std::size_t recipients, const spool::RecipientState& state,
                            std::vector<std::string> events = {"accepted"}, std::string facts = {}) {
  const QueueId id = QueueId::make(clock.now(), random);
  auto incoming = spool.begin(id);
  if (!incoming) return fail(incoming.error());
  if (auto appended = (*incoming)->append(body); !appended) return fail(appended.error());
  if (auto finished = (*incoming)->finish(); !finished) return fail(finished.error());
  std::vector<spool::RecipientRecord> records;
  for (std::uint32_t i = 0; i < recipients; ++i)
    records.push_back(recipient_record(i, state));
  const auto committed = wait_for([&](spool::Done done) {
    spool.commit(std::move(*incoming), message_record(id, clock.now(), recipients), std::move(records),
                 std::move(events), std::move(facts), std::move(done));
  });
  if (!committed) return fail(committed.error());
  return id;
}

/// Claims what is due, the oldest first, `limit` at most.
inline Result<std::vector<spool::DueRecipient>> claim_due(spool::Spool& spool, Time now, std::size_t limit) {
  std::vector<spool::DueRecipient> claimed;
  const auto scanned = spool.scan_due(now, "", [&](const spool::DueRecipient& due, const spool::Place&) {
    if (claimed.size() == limit) return spool::Pick::end;
    claimed.push_back(due);
    return spool::Pick::claim;
  });
  if (!scanned) return fail(scanned.error());
  return claimed;
}

inline Result<std::string> read_all(spool::BodyReader& reader) {
  std::string whole;
  for (;;) {
    auto piece = reader.next();
    if (!piece) return piece;
    if (piece->empty()) return whole;
    whole += *piece;
  }
}

/// The whole body, or the first error.
inline Result<std::string> body_of(spool::Spool& spool, const QueueId& id) {
  const auto stored = spool.load(id);
  if (!stored) return fail(stored.error());
  const auto reader = spool.open_body(stored->message);
  if (!reader) return fail(reader.error());
  return read_all(**reader);
}

inline Result<void> attempting(spool::Spool& spool, const QueueId& id, const std::vector<std::uint32_t>& indexes,
                               spool::Made made = {}, std::vector<std::string> events = {}) {
  return wait_for(
      [&](spool::Done done) { spool.attempting(id, indexes, std::move(made), std::move(events), std::move(done)); });
}

inline Result<void> settle(spool::Spool& spool, const QueueId& id, std::vector<spool::RecipientChange> changes,
                           std::vector<std::string> events = {"settled"}) {
  return wait_for([&](spool::Done done) { spool.settle(id, std::move(changes), std::move(events), std::move(done)); });
}

}  // namespace postern::test
