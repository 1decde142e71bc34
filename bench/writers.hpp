// What benches of durable writes share.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

namespace postern::bench {

inline constexpr std::size_t writers = 20;

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
