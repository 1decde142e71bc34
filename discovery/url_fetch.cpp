#include "discovery/url_fetch.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/ascii.hpp"
#include "discovery/bounded.hpp"
#include "discovery/mx.hpp"
#include "discovery/reachable.hpp"

namespace postern::discovery {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t longest_url = 2'000, longest_name = 253;
constexpr unsigned http_ok = 200;

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

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  const auto none = [] { return fail(Errc::invalid, "it names no http URL"); };
  const bool printable = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  if (url.size() > longest_url || !printable || lowered(url.substr(0, scheme.size())) != scheme) return none();
  url.remove_prefix(scheme.size());
  url = url.substr(0, url.find('#'));
  const std::size_t end = std::min(url.find_first_of("/?"), url.size());
  const std::string_view authority = url.substr(0, end), rest = url.substr(end);

  HttpUrl parsed;
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

net::awaitable<Result<std::string>> UrlFetch::fetch(UrlWanted wanted) {
  const auto until = SteadyClock::now() + wanted.patience;
  const Result<HttpUrl> url = parse_http_url(wanted.url);
  if (!url) co_return fail(url.error());
  BoundedResolver resolver(resolver_, clock_, wanted.patience);
  const MxHost found = co_await find_host(resolver, url->host, random_);
  std::string why = found.failure.empty() ? "no address" : found.failure;
  const Reachable at = reachable(found.addresses, egress_);
  if (!at.refused.empty()) why = "its address " + at.refused + " is not public";
  for (std::size_t i = 0; i < at.addresses.size(); ++i) {
    const auto left = share_of(until, at.addresses.size() - i);
    if (left.count() <= 0) break;
    net::HttpRequest request;
    request.at = {at.addresses[i], url->port};
    request.host = host_field(url->host);
    request.target = url->target;
    request.post = wanted.post;
    request.longest = wanted.longest;
    request.patience = left;
    Result<net::HttpAnswer> answer = co_await net::http_fetch(dialer_, std::move(request));
    if (answer && answer->status == http_ok) co_return std::move(answer->body);
    why = answer ? "it answers " + std::to_string(answer->status) : answer.error().text;
  }
  co_return fail(Errc::unavailable, url->host + ": " + why);
}

}  // namespace postern::discovery
