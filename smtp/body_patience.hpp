// How long a sender may be waited for inside one message. A limit for each wait alone lets one octet every few minutes
// hold a place in memory for ever; so all waits together may last one such limit, and what the octets that came earn.
#pragma once

#include <chrono>
#include <cstdint>

namespace postern::smtp {

class BodyPatience {
 public:
  /// `block`: the longest single wait (RFC 5321 §4.5.3.2.5). `rate`: octets a second, at least 1, at which a body may
  /// come for as long as it is.
  BodyPatience(std::chrono::milliseconds block, std::uint64_t rate) : block_(block), rate_(rate) {}

  /// For the next wait; zero where all is used up.
  [[nodiscard]] std::chrono::milliseconds left() const;
  void waited(std::chrono::milliseconds time) { waited_ += time; }
  void came(std::uint64_t octets) { octets_ += octets; }

 private:
  std::chrono::milliseconds block_;
  std::uint64_t rate_;
  std::uint64_t octets_ = 0;
  std::chrono::milliseconds waited_{0};
};

}  // namespace postern::smtp
