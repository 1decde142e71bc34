// An IP address and a port, as text and number: no socket types outside net/.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::net {

struct Endpoint {
  std::string address;  // "192.0.2.1", "2001:db8::1"
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

/// "192.0.2.1:25" or "[2001:db8::1]:25".
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);
[[nodiscard]] std::string format_endpoint(const Endpoint& endpoint);

}  // namespace postern::net
