#include "spool/stock.hpp"

namespace postern::spool {

void count(QueueCounts& counts, const RecipientState& state, std::int64_t by) {
  struct Counter {
    QueueCounts& counts;
    std::uint64_t& operator()(const Queued&) const { return counts.queued; }
    std::uint64_t& operator()(const Held&) const { return counts.held; }
    std::uint64_t& operator()(const Unjudged&) const { return counts.unjudged; }
  };
  std::visit(Counter{counts}, state) += static_cast<std::uint64_t>(by);
}

void Stock::restart(QueueCounts counts, Live live) {
  const std::lock_guard lock(mutex_);
  counts_ = counts;
  live_ = std::move(live);
}

QueueCounts Stock::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Stock::sealed(crypto::EpochNumber epoch) {
  const std::lock_guard lock(mutex_);
  ++under_way_[epoch];
}

void Stock::decided(crypto::EpochNumber epoch) {
  const std::lock_guard lock(mutex_);
  take_one(under_way_, epoch);
}

void Stock::came(crypto::EpochNumber epoch, const std::vector<RecipientRecord>& recipients) {
  const std::lock_guard lock(mutex_);
  ++counts_.messages;
  ++live_[epoch];
  for (const RecipientRecord& recipient : recipients)
    count(counts_, recipient.state, 1);
}

void Stock::left(crypto::EpochNumber epoch) {
  const std::lock_guard lock(mutex_);
  --counts_.messages;
  take_one(live_, epoch);
}

void Stock::changed(const std::vector<RecipientState>& gone, const std::vector<RecipientState>& come) {
  const std::lock_guard lock(mutex_);
  for (const RecipientState& state : gone)
    count(counts_, state, -1);
  for (const RecipientState& state : come)
    count(counts_, state, 1);
}

void Stock::rewrapped(crypto::EpochNumber from, crypto::EpochNumber to) {
  const std::lock_guard lock(mutex_);
  take_one(live_, from);
  ++live_[to];
}

bool Stock::in_use(crypto::EpochNumber epoch) const {
  const std::lock_guard lock(mutex_);
  return live_.contains(epoch) || under_way_.contains(epoch);
}

/// What reaches nothing is erased, so that the maps do not grow with time.
void Stock::take_one(Live& from, crypto::EpochNumber epoch) {
  const auto found = from.find(epoch);
  if (found != from.end() && --found->second == 0) from.erase(found);
}

}  // namespace postern::spool
