#include "net/endpoint.hpp"

#include <charconv>

#include <arpa/inet.h>

namespace postern::net {

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return fail(Errc::invalid, "an address and a port are expected: 192.0.2.1:25 or [::]:25");
  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in6_addr parsed{};
  if (inet_pton(AF_INET, host.c_str(), &parsed) != 1 && inet_pton(AF_INET6, host.c_str(), &parsed) != 1) {
    return fail(Errc::invalid, "'" + host + "' is no IP address");
  }
  const std::string_view digits = text.substr(colon + 1);
  unsigned port = 0;
  const auto number = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || number.ptr != digits.data() + digits.size() || port > 65535) {
    return fail(Errc::invalid, "a port is a number from 0 to 65535");
  }
  return Endpoint{std::move(host), static_cast<std::uint16_t>(port)};
}

std::string format_endpoint(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" + std::to_string(endpoint.port);
}

}  // namespace postern::net
