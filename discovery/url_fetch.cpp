#include "discovery/url_fetch.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/ascii.hpp"
#include "discovery/bounded.hpp"
#include "discovery/mx.hpp"
#include "discovery/reachable.hpp"
#include "discovery/web_host.hpp"

namespace postern::discovery {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t longest_url = 2'000, longest_name = 253;
constexpr std::string_view http = "http://", https = "https://";

/// RFC 9110 §15.3: to a POST other words of success are usual.
bool is_good(unsigned status, bool posted) {
  constexpr unsigned ok = 200, beyond = 300;
  return status == ok || (posted && status > ok && status < beyond);
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/// A name, an IPv4 address, or an IPv6 address in brackets. Empty: none of them.
std::string host_of(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const std::string address(text.substr(1, text.size() - 2));
    const bool plain =
        address.contains(':') && std::ranges::all_of(address, [](char c) { return c == ':' || is_name_character(c); });
    return plain ? address : "";
  }
  std::string name = lowered(text);
  return name.size() <= longest_name && std::ranges::all_of(name, is_name_character) ? name : "";
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::string host_field(const std::string& host) {
  return host.contains(':') ? "[" + host + "]" : host;
}

Result<HttpUrl> parse_url(std::string_view url, std::string_view scheme, std::uint16_t usual_port) {
  const auto none = [&] { return fail(Errc::invalid, "it names no URL of " + std::string(scheme)); };
  const bool printable = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  if (url.size() > longest_url || !printable || lowered(url.substr(0, scheme.size())) != scheme) return none();
  url.remove_prefix(scheme.size());
  url = url.substr(0, url.find('#'));
  const std::size_t end = std::min(url.find_first_of("/?"), url.size());
  const std::string_view authority = url.substr(0, end), rest = url.substr(end);

  HttpUrl parsed;
  parsed.tls = scheme == https;
  parsed.port = usual_port;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parsed.host = host_of(authority.substr(0, colon));  // a user's name before '@' is no host
  if (parsed.host.empty()) return none();
  if (colon != std::string_view::npos && colon + 1 < authority.size()) {
    const auto port = port_of(authority.substr(colon + 1));
    if (!port) return none();
    parsed.port = *port;
  }
  parsed.target = (rest.starts_with('/') ? "" : "/") + std::string(rest);
  return parsed;
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view url) {
  constexpr std::uint16_t port = 80;
  return parse_url(url, http, port);
}

Result<HttpUrl> parse_https_url(std::string_view url) {
  constexpr std::uint16_t port = 443;
  return parse_url(url, https, port);
}

net::awaitable<Result<std::string>> UrlFetch::fetch(UrlWanted wanted) {
  const auto until = SteadyClock::now() + wanted.patience;
  const bool secure = tls_ != nullptr && lowered(wanted.url.substr(0, https.size())) == https;
  const Result<HttpUrl> url = secure ? parse_https_url(wanted.url) : parse_http_url(wanted.url);
  if (!url) co_return fail(url.error());
  BoundedResolver resolver(resolver_, clock_, wanted.patience);
  const MxHost found = co_await find_host(resolver, url->host, random_);
  std::string why = found.failure.empty() ? "no address" : found.failure;
  const Reachable at = reachable(found.addresses, egress_);
  if (!at.refused.empty()) why = "its address " + at.refused + " is not public";
  for (std::size_t i = 0; i < at.addresses.size(); ++i) {
    wanted.patience = share_of(until, at.addresses.size() - i);
    if (wanted.patience.count() <= 0) break;
    Result<net::HttpAnswer> answer = co_await ask(*url, at.addresses[i], wanted);
    if (answer && is_good(answer->status, wanted.post.has_value())) co_return std::move(answer->body);
    why = answer ? "it answers " + std::to_string(answer->status) : answer.error().text;
  }
  co_return fail(Errc::unavailable, url->host + ": " + why);
}

net::awaitable<Result<net::HttpAnswer>> UrlFetch::ask(HttpUrl url, std::string address, UrlWanted wanted) {
  const net::Endpoint at{std::move(address), url.port};
  if (!url.tls) {
    co_return co_await net::http_fetch(
        dialer_, {at, host_field(url.host), url.target, std::move(wanted.post), wanted.longest, wanted.patience});
  }
  net::HttpsRequest request{at, url.host, url.target, std::move(wanted.post), wanted.longest, wanted.patience, {}};
  request.refuse = [host = url.host](const net::TlsSession& session) { return why_not_web_host(session, host); };
  co_return co_await net::https_fetch(dialer_, tls_, std::move(request));
}

}  // namespace postern::discovery
