// How much of the disk the renditions of one message may take, those that are being made included. What finds no room
// waits until others were delivered; one finds it always, so that there is an end to the waiting. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "spool/store.hpp"

namespace postern::spool {

class RenditionRoom {
 public:
  explicit RenditionRoom(std::uint64_t most) : most_(most) {}

  /// `octets`: 0 for one that takes the place of another, or is its message's only one. Taken until it goes, which must
  /// be after the rendition is on record. Null: there is none now. It must not outlive this.
  using Place = std::shared_ptr<const void>;
  [[nodiscard]] Result<Place> take(Store& store, const QueueId& id, std::uint64_t octets);

 private:
  std::uint64_t most_;
  std::mutex mutex_;
  std::map<QueueId, std::uint64_t> under_way_;
};

}  // namespace postern::spool
