#include "spool/rendition_room.hpp"

#include "spool/keys.hpp"

namespace postern::spool {

Result<RenditionRoom::Place> RenditionRoom::take(Store& store, const QueueId& id, std::uint64_t octets) {
  if (octets == 0) return std::make_shared<int>();
  const std::lock_guard lock(mutex_);
  const auto stored = store.get(Table::meta, keys::rendition_octets(id));
  if (!stored) return fail(stored.error());
  const auto making = under_way_.find(id);
  const std::uint64_t taken =
      (*stored ? keys::read_big_endian(**stored) : 0) + (making != under_way_.end() ? making->second : 0);
  if (taken > 0 && taken + octets > most_) return Place();
  under_way_[id] += octets;
  return Place(this, [this, id, octets](const void*) {
    const std::lock_guard again(mutex_);
    const auto found = under_way_.find(id);
    found->second -= octets;
    if (found->second == 0) under_way_.erase(found);
  });
}

}  // namespace postern::spool
