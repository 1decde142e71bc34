// A web server that a domain's own name leads to.
#pragma once

#include <string>

#include "net/stream.hpp"

namespace postern::discovery {

/// Why what it says must not be believed, or "": the Web's authorities, and the host's own name (RFC 8461 §3.3).
[[nodiscard]] std::string why_not_web_host(const net::TlsSession& session, const std::string& host);

}  // namespace postern::discovery
