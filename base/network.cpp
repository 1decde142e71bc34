#include "base/network.hpp"

#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>

namespace postern {
namespace {

using Octets16 = std::array<std::uint8_t, 16>;

struct Parsed {
  Octets16 octets{};
  bool v4 = false;
};

std::optional<Parsed> parse_address(const std::string& text) {
  Parsed parsed;
  if (inet_pton(AF_INET6, text.c_str(), parsed.octets.data()) == 1) {
    static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    parsed.v4 = std::memcmp(parsed.octets.data(), mapped, sizeof mapped) == 0;
    return parsed;
  }
  parsed.octets[10] = parsed.octets[11] = 0xff;
  if (inet_pton(AF_INET, text.c_str(), parsed.octets.data() + 12) != 1) return std::nullopt;
  parsed.v4 = true;
  return parsed;
}

bool bit(const Octets16& octets, unsigned index) {
  return (octets[index / 8] >> (7 - index % 8) & 1) != 0;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(std::string(text.substr(0, slash)));
  if (!address)
    return fail(Errc::invalid, "'" + std::string(text) + "' is no network: 192.0.2.0/24 or 2001:db8::/32 is expected");
  const unsigned most = address->v4 ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || parsed.ptr != digits.data() + digits.size() || bits > most) {
      return fail(Errc::invalid,
                  "'" + std::string(text) + "': a prefix length from 0 to " + std::to_string(most) + " is expected");
    }
  }
  Network network;
  network.prefix_ = address->octets;
  network.bits_ = bits + (address->v4 ? 96 : 0);
  for (unsigned i = network.bits_; i < 128; ++i) {
    if (bit(network.prefix_, i))
      return fail(Errc::invalid, "'" + std::string(text) + "' has bits set behind its prefix");
  }
  return network;
}

bool Network::contains(std::string_view address) const {
  const auto parsed = parse_address(std::string(address));
  if (!parsed) return false;
  for (unsigned i = 0; i < bits_; ++i) {
    if (bit(parsed->octets, i) != bit(prefix_, i)) return false;
  }
  return true;
}

}  // namespace postern
