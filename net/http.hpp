// One request over HTTP to an address that has been chosen already. No redirects, no cookies, nothing reused: an answer
// within limits of size and time, or why there is none. Over plain HTTP only what proves itself by its signature.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "net/awaitable.hpp"
#include "net/stream.hpp"

namespace postern::net {

struct HttpContent {
  std::string type;  // "application/ocsp-request"
  std::string body;
};

struct HttpsRequest {
  Endpoint at;                                                    // pinned: who was resolved and allowed
  std::string host;                                               // SNI and Host
  std::string target;                                             // "/.well-known/mta-sts.txt"
  std::optional<HttpContent> post = {};                           // nothing: GET
  std::size_t longest = 64U << 10;                                // of the body
  std::chrono::milliseconds patience = std::chrono::seconds(20);  // for all of it
  /// Why the session must not be used, or "". Nothing is sent before it is asked.
  std::function<std::string(const TlsSession&)> refuse;
};

/// Without TLS: lists of revoked certificates and answers about them are signed, and to fetch them over TLS could need
/// what they say (RFC 5280 §8, RFC 6960 §A.1).
struct HttpRequest {
  Endpoint at;  // pinned: who was resolved and allowed
  std::string host;
  std::string target;
  std::optional<HttpContent> post;  // nothing: GET
  std::size_t longest = 64U << 10;
  std::chrono::milliseconds patience = std::chrono::seconds(20);
};

struct HttpAnswer {
  unsigned status = 0;
  std::string content_type;
  std::string body;
};

/// Errc::unavailable: it was not reached, broke, took too long or is nobody to talk to; Errc::limit: it is too long;
/// Errc::invalid: no HTTP.
awaitable<Result<HttpAnswer>> https_fetch(Dialer& dialer, std::shared_ptr<const TlsClient> client, HttpsRequest wanted);
awaitable<Result<HttpAnswer>> http_fetch(Dialer& dialer, HttpRequest wanted);

}  // namespace postern::net
