// At most one line a while about a trouble that everybody meets at the same time. Thread-safe.
#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace postern {

class Throttle {
 public:
  explicit Throttle(Duration pause) : pause_(pause) {}
  /// True for the first, and again when the pause is over.
  [[nodiscard]] bool allow(Time now) {
    auto next = next_.load();
    const auto at = now.time_since_epoch().count();
    return at >= next && next_.compare_exchange_strong(next, at + pause_.count());
  }

 private:
  Duration pause_;
  std::atomic<Duration::rep> next_ = 0;
};

}  // namespace postern
