// Which recipients somebody works on, and from where on the schedule is worth reading. In memory only: a
// restart forgets, and that is right, for then nobody works on anything.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "spool/spool.hpp"
#include "spool/store.hpp"

namespace postern::spool {

class Claims {
 public:
  /// Spool::claim_expired_holds
  [[nodiscard]] Result<std::vector<DueRecipient>> claim_expired_holds(Store& store, Time now, std::size_t limit);
  /// Spool::scan_due
  [[nodiscard]] Result<Place> scan_due(Store& store, Time now, const Place& from, const PickDue& pick);
  /// Spool::changed_from
  [[nodiscard]] std::optional<Place> changed_from();
  [[nodiscard]] Result<std::optional<Time>> next_due(Store& store, Time after);
  [[nodiscard]] bool claim(const QueueId& id, std::uint32_t index);
  /// Given back as it was: its entry is still there.
  void unclaim(const QueueId& id, std::uint32_t index);
  /// Done with: its entry was erased.
  void settled(const QueueId& id, std::uint32_t index);
  /// An entry was written: the next look must not begin past it.
  void scheduled(const std::string& key);
  /// The schedule may hold anything again: look from its beginning. Claims stay.
  void look_again();

 private:
  void changed(const std::string& key);

  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> claimed_;  // id + index -> key of the entry; empty: not known
  // Below it the schedule holds nothing but erased entries, which RocksDB would have to wade through.
  std::string floor_ = "q";
  std::optional<std::string> changed_ = "q";  // the first key since somebody asked
};

}  // namespace postern::spool
