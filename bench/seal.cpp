// What sealing costs, beside the least that it can cost: the libraries' own calls on the same content in the same run.
//
//   ./dev bench seal [--json] [CASE…]       CASE is the beginning of a name: "smime", "smime-10k"
#include "bench/seal.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <string_view>

#include <fmt/format.h>

namespace postern::bench {
namespace {

constexpr int rounds = 9;
constexpr double round_seconds = 0.25;

double seconds_for(const std::function<void()>& work, int times) {
  const double before = thread_seconds();
  for (int i = 0; i < times; ++i)
    work();
  return (thread_seconds() - before) / times;
}

double median(std::array<double, rounds> values) {
  std::ranges::sort(values);
  return values[rounds / 2];
}

}  // namespace

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Pair measure_in_turns(const std::function<void()>& ours, const std::function<void()>& theirs) {
  const int times = std::max(3, static_cast<int>(round_seconds / seconds_for(ours, 3)));
  std::array<double, rounds> our{}, their{};
  for (std::size_t round = 0; round < rounds; ++round) {
    our[round] = seconds_for(ours, times);
    their[round] = seconds_for(theirs, times);
  }
  return {median(our), median(their)};
}

}  // namespace postern::bench

int main(int argc, char** argv) {
  using namespace postern::bench;
  std::vector<std::string_view> chosen(argv + 1, argv + argc);
  const bool json = std::erase(chosen, "--json") > 0;
  std::vector<SealCase> cases;
  add_dkim_cases(cases);
  add_smime_cases(cases);
  add_openpgp_cases(cases);
  for (const SealCase& one : cases) {
    const auto names_it = [&](std::string_view name) { return one.name.starts_with(name); };
    if (!chosen.empty() && std::ranges::none_of(chosen, names_it)) continue;
    for (const Figure& figure : one.measure()) {
      if (json)
        fmt::print(
            "{{\"bench\": \"seal\", \"case\": \"{}\", \"metric\": \"{}\", \"value\": {:.4g}, \"unit\": \"{}\"}}\n",
            one.name, figure.metric, figure.value, figure.unit);
      else
        fmt::print("{:<20} {:<16} {:>10.4g} {}\n", one.name, figure.metric, figure.value, figure.unit);
    }
  }
  return 0;
}
