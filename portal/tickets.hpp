// Words for a next step: 256 random bits that stand for what somebody has shown already, for a few minutes, in memory
// alone. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "portal/token.hpp"

namespace postern::portal {

template <class What>
class Tickets {
 public:
  explicit Tickets(Random& random, Duration lifetime = std::chrono::minutes(10), std::size_t most = 10'000)
      : random_(random), lifetime_(lifetime), most_(most) {}

  /// In base64url. Nothing where there are too many.
  [[nodiscard]] std::optional<std::string> issue(What what, Time now) {
    std::string token = make_token(random_);
    const std::lock_guard lock(mutex_);
    if (issued_.size() >= most_) return std::nullopt;
    issued_.insert_or_assign(digest_of(token), Issued{std::move(what), now + lifetime_});
    return token;
  }
  /// Nothing where there is none, or its time is over.
  [[nodiscard]] std::optional<What> find(const std::string& token, Time now) const {
    const std::lock_guard lock(mutex_);
    const auto found = issued_.find(digest_of(token));
    if (found == issued_.end() || found->second.until <= now) return std::nullopt;
    return found->second.what;
  }
  void end(const std::string& token) {
    const std::lock_guard lock(mutex_);
    issued_.erase(digest_of(token));
  }
  void forget_old(Time now) {
    const std::lock_guard lock(mutex_);
    std::erase_if(issued_, [now](const auto& entry) { return entry.second.until <= now; });
  }

 private:
  struct Issued {
    What what;
    Time until{};
  };

  Random& random_;
  Duration lifetime_;
  std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, Issued> issued_;  // by SHA-256 of the token: a look-up's time says nothing of one
};

}  // namespace postern::portal
