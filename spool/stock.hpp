// What is in the queue, as numbers: for the operator, and to know when an epoch's last message is gone.
// Thread-safe. Changed by the committer's thread alone, except for the commits under way.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "crypto/epoch_keys.hpp"
#include "spool/spool.hpp"

namespace postern::spool {

void count(QueueCounts& counts, const RecipientState& state, std::int64_t by);

class Stock {
 public:
  using Live = std::map<crypto::EpochNumber, std::uint64_t>;

  /// After recovery, and after the store was opened anew.
  void restart(QueueCounts counts, Live live);
  [[nodiscard]] QueueCounts counts() const;

  /// A key was wrapped by this epoch for a commit that is under way; it ends with one `decided`.
  void sealed(crypto::EpochNumber epoch);
  void decided(crypto::EpochNumber epoch);

  void came(crypto::EpochNumber epoch, const std::vector<RecipientRecord>& recipients);
  void left(crypto::EpochNumber epoch);
  void changed(const std::vector<RecipientState>& gone, const std::vector<RecipientState>& come);
  void rewrapped(crypto::EpochNumber from, crypto::EpochNumber to);
  [[nodiscard]] bool in_use(crypto::EpochNumber epoch) const;

 private:
  static void take_one(Live& from, crypto::EpochNumber epoch);

  mutable std::mutex mutex_;
  QueueCounts counts_;
  Live live_;       // messages by the epoch that wraps their key
  Live under_way_;  // commits that are not decided yet
};

}  // namespace postern::spool
