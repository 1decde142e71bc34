#include "discovery/reachable.hpp"

namespace postern::discovery {
namespace {

constexpr std::size_t most_addresses = 4;

}  // namespace

Reachable reachable(const std::vector<std::string>& resolved, const net::EgressPolicy& egress) {
  Reachable found;
  for (const std::string& address : resolved) {
    if (!egress.allows(address)) {
      found.refused = address;
    } else if (found.addresses.size() < most_addresses) {
      found.addresses.push_back(address);
    }
  }
  return found;
}

std::chrono::milliseconds share_of(std::chrono::steady_clock::time_point until, std::size_t addresses) {
  return std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()) /
         static_cast<int>(addresses);
}

}  // namespace postern::discovery
