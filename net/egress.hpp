// Where may a connection go that a stranger's data asked for: a policy host, a directory, a list of revoked
// certificates? To public addresses only, and to those that the administrator lists. One decision, asked for each
// address right before it is dialled, so that what was judged is what is connected to.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace postern::net {

/// An address of the public internet: not private, shared, loopback, link-local, reserved for documentation or tests,
/// multicast, or a form of IPv6 that hides such an IPv4 address. False for what is no address.
[[nodiscard]] bool is_public_address(std::string_view address);

struct EgressPolicy {
  std::function<bool(const std::string& address)> listed = [](const std::string&) { return false; };

  [[nodiscard]] bool allows(const std::string& address) const { return is_public_address(address) || listed(address); }
};

}  // namespace postern::net
