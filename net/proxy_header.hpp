// The PROXY protocol, version 2 (haproxy's proxy-protocol.txt, §2.2): a load balancer's word on who really connects.
// Binary, before anything else on the connection. Only an address that is configured as a balancer is believed, and it
// must send one.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "net/stream.hpp"

namespace postern::net {

inline constexpr std::size_t proxy_fixed_size = 16, proxy_most = 4096;  // octets

/// How long the whole header is, from its fixed part; an Error where it is none.
[[nodiscard]] Result<std::size_t> proxy_header_size(std::string_view fixed);
/// Who connects, from the whole header of just that size; nothing where it says LOCAL (a health check of the balancer's
/// own).
[[nodiscard]] Result<std::optional<Endpoint>> parse_proxy_header(std::string_view header);

/// Reads the header from `stream` and not an octet more, within 5 s. What comes back has the source as its peer.
/// Throws Broken where there is no proper header.
awaitable<std::unique_ptr<Stream>> behind_proxy(std::unique_ptr<Stream> stream);

}  // namespace postern::net
