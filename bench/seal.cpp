// Sealing beside the bare calls of the libraries that do the arithmetic: what our own code costs, on one core.
//
//   bench_seal [--json] [--rounds N] [--seconds S] [CASE…]
#include "bench/seal.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <vector>

#include <fmt/format.h>

namespace postern::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Seconds for one call, of as many as fit into `seconds`.
double time_of(const std::function<void()>& work, double seconds) {
  const auto start = Clock::now();
  double passed = 0;
  unsigned calls = 0;
  do {
    for (int i = 0; i < 8; ++i)
      work();
    calls += 8;
    passed = std::chrono::duration<double>(Clock::now() - start).count();
  } while (passed < seconds);
  return passed / calls;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void print(const Settings& settings, std::string_view name, const char* metric, double value, const char* unit) {
  if (settings.json) {
    fmt::print("{{\"bench\":\"seal\",\"case\":\"{}\",\"metric\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\"}}\n", name,
               metric, value, unit);
  } else {
    fmt::print("{:<18} {:<16} {:>12.3f} {}\n", name, metric, value, unit);
  }
}

}  // namespace

void compare(const Settings& settings, std::string_view name, const std::function<void()>& ours,
             const std::function<void()>& bare) {
  std::vector<double> ratios, times;
  for (int round = 0; round < settings.rounds; ++round) {
    const double of_bare = time_of(bare, settings.seconds), of_ours = time_of(ours, settings.seconds);
    ratios.push_back(of_bare / of_ours);
    times.push_back(of_ours);
  }
  print(settings, name, "ratio_to_bare", median(ratios), "ratio");
  print(settings, name, "per_second", 1 / median(times), "messages/s");
}

}  // namespace postern::bench

int main(int argc, char** argv) {
  using namespace postern::bench;
  const std::map<std::string, void (*)(const Settings&)> cases = {{"dkim-10k", dkim_10k}};
  Settings settings;
  std::vector<std::string> chosen;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      settings.json = true;
    } else if (word == "--rounds" && i + 1 < argc) {
      settings.rounds = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--seconds" && i + 1 < argc) {
      settings.seconds = std::max(0.001, std::atof(argv[++i]));
    } else if (cases.contains(word)) {
      chosen.push_back(word);
    } else {
      fmt::print(stderr, "usage: bench_seal [--json] [--rounds N] [--seconds S] [CASE…]\n");
      return 2;
    }
  }
  for (const auto& [name, run] : cases) {
    if (chosen.empty() || std::ranges::find(chosen, name) != chosen.end()) run(settings);
  }
}
