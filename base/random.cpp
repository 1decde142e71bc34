#include "base/random.hpp"

#include <cerrno>
#include <cstdlib>

#include <sys/random.h>

namespace postern {

std::uint64_t Random::below(std::uint64_t bound) {
  // Rejection keeps the result uniform: values in the last, incomplete run of `bound` are drawn again.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = 0;
  do {
    std::uint8_t bytes[sizeof value];
    fill(bytes);
    value = 0;
    for (const std::uint8_t byte : bytes)
      value = value << 8 | byte;
  } while (value >= limit);
  return value % bound;
}

void SystemRandom::fill(std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const ssize_t got = getrandom(into.data(), into.size(), 0);
    if (got > 0) {
      into = into.subspan(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      std::abort();  // a kernel without randomness: no key made after this point could be trusted
    }
  }
}

}  // namespace postern
