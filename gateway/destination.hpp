// Where does a message go: the hosts of a recipient's domain, or of a relay?
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "discovery/mx.hpp"
#include "gateway/services.hpp"
#include "mail/outcome.hpp"
#include "mail/route.hpp"

namespace postern::gateway {

struct Destination {
  discovery::MxHosts found;
  std::string domain;  // whose hosts they are: the recipient's, or the relay's own name
  std::uint16_t port = 25;
};

/// Where to go, or the outcome that says why nowhere.
using Whereto = std::variant<Destination, mail::Outcome>;

/// Of a domain's MX and address look-ups, together.
inline constexpr std::chrono::seconds look_up_patience{60};

net::awaitable<Whereto> find_destination(Services& services, const mail::Hop& hop, const mail::Domain& domain);

}  // namespace postern::gateway
