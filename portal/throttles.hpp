// How often one network may try: an IPv4 address, or an IPv6 /64, which is what one customer of a provider has. Buckets
// that fill again; memory is bounded, and who comes when it is full shares one bucket with all others of that kind.
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace postern::portal {

class Throttles {
 public:
  /// So many at once, and one more every `refill`.
  Throttles(unsigned burst, Duration refill, std::size_t most = 100'000)
      : burst_(burst), refill_(refill), most_(most) {}
  [[nodiscard]] bool allow(std::string_view address, Time now);
  void forget_old(Time now);
  [[nodiscard]] std::size_t size() const;

 private:
  unsigned burst_;
  Duration refill_;
  std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, Time> full_again_;  // by network
};

/// "192.0.2.1", or "2001:db8:0:1::/64". What is no address stands for itself.
[[nodiscard]] std::string network_of(std::string_view address);

}  // namespace postern::portal
