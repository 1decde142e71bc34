#include "base/clock.hpp"

#include <fmt/chrono.h>

namespace postern {

std::string format_rfc3339(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

std::string format_rfc5322(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%a, %d %b %Y %T} +0000", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace postern
