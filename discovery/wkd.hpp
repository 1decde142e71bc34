// Web Key Directory (draft-koch-openpgp-webkey-service): a person's OpenPGP key from her domain's web server, over TLS
// that proves the server. The host is a stranger's choice: connected to by the egress policy alone, no redirects,
// limits of size and time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "discovery/dns.hpp"
#include "discovery/key_source.hpp"
#include "net/egress.hpp"
#include "net/http.hpp"

namespace postern::discovery {

struct WkdOptions {
  net::EgressPolicy egress;
  std::uint16_t port = 443;
  std::chrono::milliseconds patience{20'000};  // of the look-ups, and again of the fetch, all addresses together
};

/// What the answer of one web server means, `where` it was.
[[nodiscard]] KeyAnswer judge_wkd(const Result<net::HttpAnswer>& answer, const std::string& where);

[[nodiscard]] std::unique_ptr<KeySource> make_wkd_source(Resolver& resolver, net::Dialer& dialer,
                                                         std::shared_ptr<const net::TlsClient> tls, const Clock& clock,
                                                         Random& random, WkdOptions options);

}  // namespace postern::discovery
