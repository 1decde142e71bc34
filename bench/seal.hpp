// What bench/seal.cpp runs: each seal_NAME.cpp adds its cases.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace postern::bench {

struct Figure {
  std::string metric;
  double value = 0;
  std::string unit;
};
struct SealCase {
  std::string name;
  std::function<std::vector<Figure>()> measure;
};

void add_smime_cases(std::vector<SealCase>& cases);
void add_dkim_cases(std::vector<SealCase>& cases);
void add_openpgp_cases(std::vector<SealCase>& cases);

/// CPU seconds of this thread: others on this machine do not count.
[[nodiscard]] double thread_seconds();

/// Seconds that `ours` and `theirs` take for one, in turns, the medians of the rounds.
struct Pair {
  double ours = 0, theirs = 0;
};
[[nodiscard]] Pair measure_in_turns(const std::function<void()>& ours, const std::function<void()>& theirs);

}  // namespace postern::bench
