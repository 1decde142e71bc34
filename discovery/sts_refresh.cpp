#include "discovery/sts_refresh.hpp"

#include <algorithm>
#include <utility>

namespace postern::discovery {

std::optional<std::string> StsRefresh::next(Time now) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Plan> plans;  // who expired or was not mailed for long is forgotten with the old ones
  std::optional<std::string> due;
  for (const StsCache::InUse& one : cache_.in_use(now)) {
    if (now - one.mailed > options_.remembered) continue;
    const auto known = plans_.find(one.domain);
    const bool holds = known != plans_.end() && known->second.fetched == one.fetched;
    Plan plan = holds ? known->second : plan_for(one, now);
    if (!due && plan.at <= now) {
      due = one.domain;
      plan.at = now + about(options_.again);  // should it bring nothing
    }
    plans.emplace(one.domain, plan);
  }
  plans_ = std::move(plans);
  return due;
}

StsRefresh::Plan StsRefresh::plan_for(const StsCache::InUse& one, Time now) {
  const Duration half = std::chrono::duration_cast<Duration>(one.max_age) / 2;
  const Time at = one.fetched + about(std::min(options_.every, half));
  if (at > now) return {one.fetched, at};
  const auto spread = static_cast<std::uint64_t>(options_.spread.count());
  return {one.fetched, now + Duration(static_cast<std::int64_t>(random_.below(spread + 1)))};
}

Duration StsRefresh::about(Duration time) {
  const auto quarter = time.count() / 4;
  return Duration(3 * quarter + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * quarter + 1))));
}

}  // namespace postern::discovery
