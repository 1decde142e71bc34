// Who has opened what, for 15 minutes from their last request: the only place where a content key is, in memory alone.
// A session is made by opening and by nothing else, under a name that nobody could have chosen before. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "portal/deposit.hpp"
#include "portal/factors.hpp"
#include "portal/reading_desk.hpp"

namespace postern::portal {

inline constexpr Duration session_lifetime = std::chrono::minutes(15);
inline constexpr std::size_t most_sessions = 10'000;

/// By which account, and what its second step is.
struct SignedIn {
  std::string account;
  Time password_since{};
  KnownFactors factors;
};

struct Session {
  std::string lookup;
  Secret content;
  Secret replies;  // what replies are sealed under: crypto::reply_root
  Card card;
  std::optional<SignedIn> how = {};  // nothing: there was no account
  std::shared_ptr<ReadingPlace> place = std::make_shared<ReadingPlace>();
};

class Sessions {
 public:
  explicit Sessions(Random& random) : random_(random) {}
  /// Its token: 256 random bits in base64url. Nothing where there are too many.
  [[nodiscard]] std::optional<std::string> begin(Session session, Time now);
  /// Nothing where there is none, or its time is over.
  [[nodiscard]] std::optional<Session> find(const std::string& token, Time now);
  /// Password or second step are other ones from now on.
  void know(const std::string& token, SignedIn how);
  void end(const std::string& token);
  void forget_old(Time now);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Open {
    Session session;
    Time until{};
  };
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Open> open_;  // by SHA-256 of the token: a look-up's time says nothing of a token
};

}  // namespace postern::portal
