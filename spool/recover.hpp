// What open() does before anything else: checks the format, erases what no commit vouches for, puts aside what cannot be
// read, and counts what is there. Streams through the tables: its memory does not grow with the queue.
#pragma once

#include <map>

#include "crypto/epoch_keys.hpp"
#include "spool/spool.hpp"
#include "spool/store.hpp"

namespace postern::spool {

inline constexpr std::uint64_t format_version = 1;

struct Recovered {
  Recovery report;
  QueueCounts counts;
  std::map<crypto::EpochNumber, std::uint64_t> live;  // messages by the epoch that wraps their key
  std::uint64_t last_event = 0;
};

/// Errc::too_new where a newer version wrote the spool.
[[nodiscard]] Result<void> check_format(Store& store, bool may_write);
[[nodiscard]] Result<Recovered> recover(Store& store);
/// Only the counting: for the read-only view.
[[nodiscard]] Result<Recovered> take_stock(Store& store);

/// The schedule's entry for a recipient in this state.
[[nodiscard]] std::string schedule_key(const QueueId& id, const RecipientRecord& recipient);
void count(QueueCounts& counts, const RecipientState& state, std::int64_t by);

}  // namespace postern::spool
