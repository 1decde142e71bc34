// Which recipients somebody works on, and from where on the schedule is worth reading. In memory only: a
// restart forgets, and that is right, for then nobody works on anything.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "spool/spool.hpp"
#include "spool/store.hpp"

namespace postern::spool {

class Claims {
 public:
  /// Unclaimed entries of the schedule up to `now`, claimed by this call. `kind` as in keys.hpp.
  [[nodiscard]] Result<std::vector<DueRecipient>> claim_due(Store& store, char kind, Time now, std::size_t limit);
  [[nodiscard]] Result<std::optional<Time>> next_due(Store& store);
  [[nodiscard]] bool claim(const QueueId& id, std::uint32_t index);
  void unclaim(const QueueId& id, std::uint32_t index);
  /// An entry was written: the next look must not begin past it.
  void scheduled(const std::string& key);
  /// The schedule may hold anything again: look from its beginning. Claims stay.
  void look_again();

 private:
  std::mutex mutex_;
  std::set<std::string, std::less<>> claimed_;  // id + index
  // Below it the schedule holds nothing but erased entries, which RocksDB would have to wade through.
  std::string floor_ = "q";
};

}  // namespace postern::spool
