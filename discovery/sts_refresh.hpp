// Whose MTA-STS policy is to be fetched again, and when, though no mail asks for it: a domain that was mailed lately
// has its policy renewed well before that expires, so that an attacker who blocks the fetch has to do so for as long as
// the policy holds (RFC 8461 §3.3, §10.2). Once a day, each at a time of its own. Thread-safe.
//
//   while (auto domain = refresh.next(clock.now())) co_await lookup.refresh(*domain);
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/random.hpp"
#include "discovery/sts_cache.hpp"

namespace postern::discovery {

struct StsRefreshOptions {
  Duration every = std::chrono::hours(24);  // or half of what the policy says that it holds, where that is less
  Duration remembered = std::chrono::hours(24 * 30);  // who was not mailed for so long is left to expire
  Duration again = std::chrono::hours(1);             // after one that brought nothing
  Duration spread = std::chrono::minutes(10);         // of those that are overdue together, as after a long stop
};

class StsRefresh {
 public:
  StsRefresh(const StsCache& cache, Random& random, StsRefreshOptions options = {})
      : cache_(cache), random_(random), options_(options) {}

  /// One whose time has come, and which nobody was given meanwhile.
  [[nodiscard]] std::optional<std::string> next(Time now);

 private:
  struct Plan {
    Time fetched{};  // of the policy that it is for
    Time at{};
  };
  [[nodiscard]] Plan plan_for(const StsCache::InUse& one, Time now);
  /// Between three and five quarters of it.
  [[nodiscard]] Duration about(Duration time);

  const StsCache& cache_;
  Random& random_;
  StsRefreshOptions options_;
  std::mutex mutex_;
  std::map<std::string, Plan> plans_;
};

}  // namespace postern::discovery
