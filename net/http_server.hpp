// HTTP/1.1 (RFC 9110, RFC 9112) over one connection: strict requests in, whole answers out, one after the other.
//
//   co_await serve_http(*stream, limits, [](HttpCall call) -> awaitable<HttpResult> { … });
//
// What is not exactly HTTP ends the connection with a 400: a request that says its length twice or in two ways, a field
// without a name, white space before a colon, a line feed alone, no Host or two, a target that is no path. Nothing is
// pipelined: what comes before an answer waits, and is read as a new request or not at all.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/awaitable.hpp"
#include "net/stream.hpp"

namespace postern::net {

struct HttpCall;

/// Room for a request's body.
struct HttpRoom {
  std::size_t most = 64U << 10;     // octets
  unsigned refusal = 413;           // how a longer one is answered
  std::shared_ptr<void> held = {};  // until the request is answered
};

struct HttpLimits {
  std::uint32_t header = 16U << 10;                              // octets of the request's header section
  std::chrono::milliseconds request = std::chrono::seconds(20);  // from its first octet to its last, the header section
  std::chrono::milliseconds idle = std::chrono::seconds(60);     // before the next request
  std::uint64_t slowest = 4U << 10;                              // octets a second of a body, either way, at least
  std::size_t requests = 1000;                                   // of one connection
  /// For the body of this request, asked before any of it is read. `announced`: its length, or the most there is.
  std::function<HttpRoom(const HttpCall& head, std::uint64_t announced)> body = [](const HttpCall&, std::uint64_t) {
    return HttpRoom();
  };
  /// How HttpPieces::next is called.
  std::function<awaitable<std::string>(std::function<std::string()> next)> piece = [](auto next) {
    return [](auto mine) -> awaitable<std::string> { co_return mine(); }(std::move(next));
  };
};

struct HttpCall {
  std::string method;                                       // "GET", "HEAD", "POST"; others are answered 405 here
  std::string path;                                         // "/m/x": decoded nowhere, begins with '/', no query
  std::string query;                                        // after '?', as it came
  std::string host;                                         // of the Host field, lower case, without port
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string body;
  Endpoint peer;
  std::shared_ptr<void> room = {};  // HttpRoom::held

  /// "" where it is not there; the first where it is there more than once.
  [[nodiscard]] const std::string& field(std::string_view name) const;
};

/// What is too long to be in memory at once, in pieces of any length.
struct HttpPieces {
  std::uint64_t size = 0;             // octets, all together
  std::function<std::string()> next;  // may block; "" where it cannot be had: then the connection ends before `size`
};

struct HttpResult {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> fields;  // without Content-Length, Connection and Date
  std::string body;
  std::optional<HttpPieces> more = {};  // after `body`
  std::shared_ptr<void> held = {};      // until it is sent
};

/// Returns when the connection is over. `answer` is not called for what is not HTTP, or has no room: then
/// `misunderstood` makes the answer for the status, with what is known of the request.

using HttpAnswerer = std::function<awaitable<HttpResult>(HttpCall)>;
using HttpRefusal = std::function<HttpResult(unsigned status, const HttpCall& head)>;
awaitable<void> serve_http(Stream& stream, const HttpLimits& limits, HttpAnswerer answer, HttpRefusal misunderstood);

}  // namespace postern::net
