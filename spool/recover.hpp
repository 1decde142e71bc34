// What open() does before anything else: checks the format, erases what no commit vouches for, puts aside
// what cannot be read, and counts what is there. Streams through the tables: its memory does not grow with
// the queue.
#pragma once

#include <map>

#include "crypto/epoch_keys.hpp"
#include "spool/spool.hpp"
#include "spool/stock.hpp"
#include "spool/store.hpp"

namespace postern::spool {

inline constexpr std::uint64_t format_version = record_version;

struct Recovered {
  Recovery report;
  QueueCounts counts;
  std::map<crypto::EpochNumber, std::uint64_t> live;  // messages by the epoch that wraps their key
  std::uint64_t last_event = 0;
};

/// Errc::too_new where a newer version wrote the spool.
[[nodiscard]] Result<void> check_format(Store& store, bool may_write);
/// How much recovery may change. Orphans stay where the tail was lost: their commit records may be in the
/// kept WAL.
enum class Mend { nothing, all_but_orphans, all };
[[nodiscard]] Result<Recovered> recover(Store& store, Mend mend);

/// The schedule's entry for a recipient in this state.
[[nodiscard]] std::string schedule_key(const QueueId& id, const RecipientRecord& recipient);
/// What that entry says, so that nobody need load the records of mail that cannot be sent now.
[[nodiscard]] std::string schedule_value(const RecipientRecord& recipient, const std::string& tenant);

}  // namespace postern::spool
