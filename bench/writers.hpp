// What benches of durable writes share.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace postern::bench {

inline constexpr std::size_t writers = 20;

[[noreturn]] inline void stop(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

struct Settings {
  std::filesystem::path dir = std::filesystem::current_path();
  int seconds = 5, rounds = 3;
  bool json = false;
};

inline Settings parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--json") {
      settings.json = true;
    } else if (word == "--dir" && more) {
      settings.dir = argv[++i];
    } else if (word == "--seconds" && more) {
      settings.seconds = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--rounds" && more) {
      settings.rounds = std::max(1, std::atoi(argv[++i]));
    } else {
      stop("the options are [--json] [--dir DIR] [--seconds N] [--rounds N]");
    }
  }
  return settings;
}

/// So many threads that each wait for the answer to one before they begin the next: writes a second.
inline double run_writers(int seconds, const std::function<void()>& one) {
  using Steady = std::chrono::steady_clock;
  std::atomic<std::uint64_t> done = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  const auto begun = Steady::now();
  for (std::size_t i = 0; i < writers; ++i) {
    threads.emplace_back([&] {
      while (!over) {
        one();
        ++done;
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  over = true;
  for (std::thread& thread : threads)
    thread.join();
  return static_cast<double>(done) / std::chrono::duration<double>(Steady::now() - begun).count();
}

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace postern::bench
