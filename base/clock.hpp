// Time is passed in, so that tests own it. Stored and compared times are wall-clock milliseconds (UTC).
#pragma once

#include <chrono>
#include <string>

namespace postern {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

/// "2026-11-25T17:36:21.123Z"
[[nodiscard]] std::string format_rfc3339(Time time);
/// RFC 5322 §3.3, in UTC: "Wed, 25 Nov 2026 17:36:21 +0000"
[[nodiscard]] std::string format_rfc5322(Time time);

}  // namespace postern
