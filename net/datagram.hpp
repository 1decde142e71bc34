// One question over UDP: sends `query` from a fresh, random port and gives the first datagram that comes back from
// `to`'s address and port. Throws TimedOut or Broken. Discovery checks ids and questions.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "net/awaitable.hpp"
#include "net/endpoint.hpp"

namespace postern::net {

class DatagramClient {
 public:
  virtual ~DatagramClient() = default;
  /// `accept` says whether a datagram is the answer; others are dropped and the wait goes on.
  virtual awaitable<std::string> ask(Endpoint to, std::string query, std::chrono::milliseconds timeout,
                                     bool (*accept)(std::string_view query, std::string_view answer)) = 0;
};

[[nodiscard]] std::unique_ptr<DatagramClient> make_datagram_client();

}  // namespace postern::net
