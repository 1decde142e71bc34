// Facts beside the events, sealed, with a retention of their own: each under a key of its own, wrapped by the
// key of the day. When a day is over its time, its key goes, and then its facts.
#pragma once

#include <memory>
#include <string>

#include "base/ids.hpp"
#include "crypto/epoch_keys.hpp"
#include "spool/store.hpp"

namespace postern::spool {

class FactsBox {
 public:
  [[nodiscard]] static Result<std::unique_ptr<FactsBox>> open(const std::filesystem::path& dir, const Secret& kek,
                                                              Random& random, crypto::EpochKeys::Access access);
  [[nodiscard]] Result<void> put(Batch& batch, const QueueId& id, std::string_view facts, Time now);
  [[nodiscard]] Result<std::string> get(Store& store, const QueueId& id);
  /// Erases what was put before `limit`, keys first.
  [[nodiscard]] Result<void> forget_before(Store& store, Time limit);

 private:
  FactsBox(std::unique_ptr<crypto::EpochKeys> days, Random& random) : days_(std::move(days)), random_(random) {}
  std::unique_ptr<crypto::EpochKeys> days_;
  Random& random_;
};

}  // namespace postern::spool
