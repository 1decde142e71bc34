// Bytes from and to a URL that a stranger's data names, such as the list of revoked certificates that a certificate
// points at, or where a domain wants reports: its host resolved here, connected to only where the egress policy allows
// it, at the address that was judged. Nothing is known of what comes over http: who asks for it checks its signature.
//
//   UrlFetch fetch(resolver, dialer, clock, random, config.egress_policy());
//   Result<std::string> crl = co_await fetch.fetch({.url = url, .longest = 16U << 20, .patience = 10s});
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "discovery/dns.hpp"
#include "net/egress.hpp"
#include "net/http.hpp"

namespace postern::discovery {

struct HttpUrl {
  std::string host;  // a name, or an address without brackets
  std::uint16_t port = 80;
  std::string target;  // "/ca.crl"
  bool tls = false;
  bool operator==(const HttpUrl&) const = default;
};
/// RFC 3986 §3, of that scheme alone. Whatever could end a line of a request, or names a user, is an Error.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view url);
[[nodiscard]] Result<HttpUrl> parse_https_url(std::string_view url);

struct UrlWanted {
  std::string url;
  std::optional<net::HttpContent> post = {};  // nothing: GET
  std::size_t longest = 64U << 10;
  std::chrono::milliseconds patience = std::chrono::seconds(10);  // of look-ups and fetch together
};

class UrlFetch {
 public:
  /// `tls`: for https URLs; null: there are none.
  UrlFetch(Resolver& resolver, net::Dialer& dialer, const Clock& clock, Random& random, net::EgressPolicy egress,
           std::shared_ptr<const net::TlsClient> tls = nullptr)
      : resolver_(resolver),
        dialer_(dialer),
        clock_(clock),
        random_(random),
        egress_(std::move(egress)),
        tls_(std::move(tls)) {}

  /// The body of a 200, or of any 2xx to a POST. Errors name the host; nothing that it said.
  net::awaitable<Result<std::string>> fetch(UrlWanted wanted);

 private:
  net::awaitable<Result<net::HttpAnswer>> ask(HttpUrl url, std::string address, UrlWanted wanted);

  Resolver& resolver_;
  net::Dialer& dialer_;
  const Clock& clock_;
  Random& random_;
  net::EgressPolicy egress_;
  std::shared_ptr<const net::TlsClient> tls_;
};

}  // namespace postern::discovery
