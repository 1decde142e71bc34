// A host that a stranger's data names, once it is resolved: where one may connect to it, and how long each of its
// addresses has.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "net/egress.hpp"

namespace postern::discovery {

struct Reachable {
  std::vector<std::string> addresses;  // that may be dialled, in order, 4 at most
  std::string refused;                 // the last that may not; empty: none
};
[[nodiscard]] Reachable reachable(const std::vector<std::string>& resolved, const net::EgressPolicy& egress);

/// Of the time that is left, for the next of `addresses` that are still to be tried: one that swallows all packets
/// leaves the others their share. Not above zero: there is no time left.
[[nodiscard]] std::chrono::milliseconds share_of(std::chrono::steady_clock::time_point until, std::size_t addresses);

}  // namespace postern::discovery
