// What the cases of ./dev bench seal share: something of ours beside the bare library calls that it cannot do without,
// in turns, so that a busy machine slows both.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace postern::bench {

struct Settings {
  bool json = false;
  int rounds = 15;
  double seconds = 0.2;  // of the processor, of a round
};

/// Prints `NAME: ratio_to_bare` (our speed as a part of the bare one's: the median of the rounds) and `per_second`.
void compare(const Settings& settings, std::string_view name, const std::function<void()>& ours,
             const std::function<void()>& bare);

// The cases, a file each: seal_NAME.cpp.
void dkim_10k(const Settings& settings);

}  // namespace postern::bench
