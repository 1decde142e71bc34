// What sealing costs, beside the bare calls of the libraries that do it, in the same run and on one core.
//
//   bench_seal [--json] [--seconds N] [--rounds N]
#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <sched.h>

#include "bench/seal_bench.hpp"

namespace postern::bench {

void print_figure(const SealSettings& settings, std::string_view name, std::string_view metric, double value,
                  std::string_view unit) {
  if (settings.json)
    fmt::print("{{\"bench\":\"seal\",\"case\":\"{}\",\"metric\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\"}}\n", name,
               metric, value, unit);
  else
    fmt::print("{:<24} {:<28} {:>12.3f} {}\n", name, metric, value, unit);
  std::fflush(stdout);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void stop(std::string_view why) {
  fmt::print(stderr, "bench_seal: {}\n", why);
  std::exit(1);
}

}  // namespace postern::bench

namespace {

using namespace postern::bench;

SealSettings parse(int argc, char** argv) {
  SealSettings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--json")
      settings.json = true;
    else if (word == "--seconds" && more)
      settings.seconds = std::max(0.1, std::atof(argv[++i]));
    else if (word == "--rounds" && more)
      settings.rounds = std::max(1, std::atoi(argv[++i]));
    else
      stop("usage: bench_seal [--json] [--seconds N] [--rounds N]");
  }
  return settings;
}

/// Processes that are started stay on it too.
void stay_on_one_core() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(std::max(0, ::sched_getcpu())), &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

}  // namespace

int main(int argc, char** argv) {
  const SealSettings settings = parse(argc, argv);
  stay_on_one_core();
  seal_openpgp(settings);
}
