// Randomness is passed in. SystemRandom is getrandom(2): good for keys; tests use a seeded one.
#pragma once

#include <cstdint>
#include <span>

namespace postern {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> into) = 0;  // thread-safe
  /// Uniform in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> into) override;
};

}  // namespace postern
