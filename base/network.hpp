// 192.0.2.0/24, 2001:db8::/32 or a single address.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace postern {

class Network {
 public:
  [[nodiscard]] static Result<Network> parse(std::string_view text);
  [[nodiscard]] bool contains(std::string_view address) const;  // false for what is no address
  bool operator==(const Network&) const = default;

 private:
  std::array<std::uint8_t, 16> prefix_{};  // IPv4 as ::ffff:a.b.c.d
  unsigned bits_ = 0;
};

}  // namespace postern
