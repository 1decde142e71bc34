#include "net/egress.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include <arpa/inet.h>

namespace postern::net {
namespace {

using Octets = std::array<std::uint8_t, 16>;

struct Range {
  Octets prefix;
  unsigned bits;
  bool contains(std::span<const std::uint8_t> address) const {
    for (unsigned bit = 0; bit < bits; ++bit) {
      const unsigned mask = 0x80U >> (bit % 8);
      if (((prefix[bit / 8] ^ address[bit / 8]) & mask) != 0) return false;
    }
    return true;
  }
};

// The IANA registries of special-purpose addresses (RFC 6890 and its updates), as far as nothing there is reached over
// the internet.
constexpr auto not_public_v4 = std::to_array<Range>({
    {{0}, 8},              // this network (RFC 791)
    {{10}, 8},             // private (RFC 1918)
    {{100, 64}, 10},       // behind a carrier's NAT (RFC 6598)
    {{127}, 8},            // loopback (RFC 1122)
    {{169, 254}, 16},      // link-local (RFC 3927): of clouds, where secrets are given out
    {{172, 16}, 12},       // private
    {{192, 0, 0}, 24},     // protocol assignments (RFC 6890)
    {{192, 0, 2}, 24},     // documentation (RFC 5737)
    {{192, 88, 99}, 24},   // 6to4 relays (RFC 7526)
    {{192, 168}, 16},      // private
    {{198, 18}, 15},       // benchmarks (RFC 2544)
    {{198, 51, 100}, 24},  // documentation
    {{203, 0, 113}, 24},   // documentation
    {{224}, 4},            // multicast
    {{240}, 4},            // reserved, and broadcast
});
constexpr Range global_unicast{{0x20}, 3};  // RFC 4291 §2.4: all else of IPv6 is for something else
constexpr auto not_public_v6 = std::to_array<Range>({
    {{0x20, 0x01, 0x00}, 23},        // protocol assignments: Teredo, ORCHID, benchmarks (RFC 2928)
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation (RFC 3849)
    {{0x20, 0x02}, 16},              // 6to4, which holds an IPv4 address
    {{0x3f, 0xff, 0x00}, 20},        // documentation (RFC 9637)
});
constexpr Range mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};  // RFC 4291 §2.5.5.2
constexpr Range translated{{0x00, 0x64, 0xff, 0x9b}, 96};                // RFC 6052 §2.1: NAT64

template <std::size_t N>
bool any_contains(const std::array<Range, N>& ranges, std::span<const std::uint8_t> address) {
  return std::ranges::any_of(ranges, [&](const Range& range) { return range.contains(address); });
}

}  // namespace

bool is_public_address(std::string_view address) {
  const std::string text(address);
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return !any_contains(not_public_v4, v4);
  Octets v6{};
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) != 1) return false;
  if (mapped.contains(v6) || translated.contains(v6)) return !any_contains(not_public_v4, std::span(v6).last<4>());
  return global_unicast.contains(v6) && !any_contains(not_public_v6, v6);
}

}  // namespace postern::net
