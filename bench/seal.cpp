// Sealing beside the bare calls of the libraries that do the arithmetic: what our own code costs, on one core.
//
//   bench_seal [--json] [--rounds N] [--seconds S] [CASE…]
#include "bench/seal.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <vector>

#include <fmt/format.h>

namespace postern::bench {
namespace {

/// Of the processor, for this thread: who else is on the machine does not count.
double now() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

double time_of(const std::function<void()>& work) {
  constexpr int calls = 8;
  const double start = now();
  for (int i = 0; i < calls; ++i)
    work();
  return (now() - start) / calls;
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
    double of_bare = 0, of_ours = 0;
    unsigned turns = 0;
    for (; of_bare + of_ours < settings.seconds / 8; ++turns) {
      of_bare += time_of(bare);
      of_ours += time_of(ours);
    }
    ratios.push_back(of_bare / of_ours);
    times.push_back(of_ours / turns);
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
