#include "gateway/ready_entities.hpp"

#include <algorithm>

namespace postern::gateway {

ReadyEntities::Entity ReadyEntities::find(const QueueId& id, mail::Method method, const SealSettings& settings,
                                          Time now) {
  const std::lock_guard lock(mutex_);
  drop_old(now);
  const auto found = std::ranges::find_if(
      known_, [&](const One& one) { return one.id == id && one.method == method && one.settings == settings; });
  return found != known_.end() ? found->entity : nullptr;
}

void ReadyEntities::keep(const QueueId& id, mail::Method method, const SealSettings& settings, Entity entity,
                         Time now) {
  const std::lock_guard lock(mutex_);
  if (entity->size() > limits_.octets) return;
  octets_ += entity->size();
  known_.push_front({id, method, settings, std::move(entity), now});
  while (octets_ > limits_.octets) {
    octets_ -= known_.back().entity->size();
    known_.pop_back();
  }
}

void ReadyEntities::forget_old(Time now) {
  const std::lock_guard lock(mutex_);
  drop_old(now);
}

/// What a clock that was put back made look new is old.
void ReadyEntities::drop_old(Time now) {
  std::erase_if(known_, [&](const One& one) {
    const bool old = one.made > now || now - one.made >= limits_.keep;
    if (old) octets_ -= one.entity->size();
    return old;
  });
}

std::uint64_t ReadyEntities::octets() const {
  const std::lock_guard lock(mutex_);
  return octets_;
}

}  // namespace postern::gateway
