// One-time codes: proof that whoever has the link reads the mailbox too. In memory alone: a restart forgets them, and
// the button is pressed again.
//
// Six digits, good for ten minutes and five tries, one at a time for a pick-up; at most one in 30 seconds and five in
// an hour. So whoever has stolen a link guesses right once in 40,000 hours. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <variant>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace postern::portal {

inline constexpr unsigned code_tries = 5;
inline constexpr Duration code_lifetime = std::chrono::minutes(10);

class Codes {
 public:
  explicit Codes(Random& random) : random_(random) {}

  struct Wait {
    Duration time;
  };
  /// A new code, which ends the one before; or how long until there may be one.
  [[nodiscard]] std::variant<std::string, Wait> issue(const std::string& lookup, Time now);
  /// A new code would be too soon. How long until there may be one; zero: now.
  [[nodiscard]] Duration wait(const std::string& lookup, Time now);

  struct Right {};
  struct Wrong {
    unsigned tries_left;  // 0: the code is void
  };
  struct Void {};  // there is none, or its time is over
  using Answer = std::variant<Right, Wrong, Void>;
  /// A right one is used up. White space between the digits does not count.
  [[nodiscard]] Answer check(const std::string& lookup, std::string_view code, Time now);

  /// Those of long ago.
  void forget_old(Time now);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Code {
    std::string digits;  // empty: void
    Time until{};
    unsigned tries = 0;
    std::deque<Time> issued;  // within the last hour
  };
  [[nodiscard]] static Duration wait(Code& code, Time now);

  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Code> codes_;  // by lookup
};

}  // namespace postern::portal
