// What the cases of `./dev bench seal` share: each prints figures in its own name.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

namespace postern::bench {

struct SealSettings {
  double seconds = 2;  // of each round
  int rounds = 3;      // in turns; the medians are printed
  bool json = false;
};

/// How often `one` runs in a second, on this thread alone.
inline double rate(double seconds, const std::function<void()>& one) {
  using Steady = std::chrono::steady_clock;
  one();  // what is loaded once is loaded
  const auto begun = Steady::now();
  const auto until = begun + std::chrono::duration<double>(seconds);
  double times = 0;
  for (; Steady::now() < until; ++times)
    one();
  return times / std::chrono::duration<double>(Steady::now() - begun).count();
}

void print_figure(const SealSettings& settings, std::string_view name, std::string_view metric, double value,
                  std::string_view unit);
[[nodiscard]] double median(std::vector<double> values);
[[noreturn]] void stop(std::string_view why);

/// `openpgp-10k`: 10 KB signed and encrypted, by each engine and by bare calls of librnp with loaded keys.
void seal_openpgp(const SealSettings& settings);

}  // namespace postern::bench
