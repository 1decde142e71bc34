// Sessions that have carried a message and may carry the next: for the same host and address, and for an equal
// TlsRequirement only (Promise 1: the session that was judged for a requirement carries the mail that demands it).
//
//   auto connection = connections.take(key);                  null: there is none, dial
//   … connection->session.send(…) …
//   co_await connections.put(key, std::move(connection));     kept for a short while, or ended politely
//
// A session lives and dies on one I/O thread, so each thread finds only its own. Thread-safe, bounded; a peer that
// ends a connection meanwhile is noticed by the next send (SessionResult::stale).
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "net/runtime.hpp"
#include "smtp/client_session.hpp"

namespace postern::gateway {

struct ReuseSettings {
  Duration idle = std::chrono::seconds(2);  // zero: no connection carries a second message
  unsigned connections = 100;               // idle at the same time
  unsigned messages = 100;                  // over one connection
};

struct ConnectionKey {
  std::string host;
  net::Endpoint address;
  bool avoid_tls = false;
  mail::TlsRequirement requirement;
  std::string identity = {};  // whose client certificate it shows: nobody's mail goes in another's name
  bool operator==(const ConnectionKey&) const = default;
};

struct Connection {
  Connection(std::unique_ptr<net::Stream> s, smtp::ClientOptions options, mail::TlsRequirement requirement)
      : stream(std::move(s)), session(*stream, std::move(options), std::move(requirement)) {}
  std::unique_ptr<net::Stream> stream;
  smtp::ClientSession session;
};

class Connections {
 public:
  /// `spawn` runs what ends idle connections in time.
  using Spawn = std::function<void(boost::asio::any_io_executor on, net::awaitable<void> task)>;
  Connections(ReuseSettings settings, Spawn spawn) : settings_(settings), spawn_(std::move(spawn)) {}

  [[nodiscard]] std::unique_ptr<Connection> take(const ConnectionKey& key);
  net::awaitable<void> put(ConnectionKey key, std::unique_ptr<Connection> connection);
  [[nodiscard]] std::size_t idle() const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Idle {
    ConnectionKey key;
    std::unique_ptr<Connection> connection;
    std::thread::id thread;
    SteadyTime until;
  };
  static std::shared_ptr<Connections> dropping_at_the_end(Connections* self);
  static net::awaitable<void> sweep(std::shared_ptr<Connections> self);
  /// Those of this thread whose time is over, or when the next one's is; nothing where there is none left.
  [[nodiscard]] std::list<Idle> take_expired(std::optional<SteadyTime>& next);
  void drop_all_of_this_thread();

  ReuseSettings settings_;
  Spawn spawn_;
  mutable std::mutex mutex_;
  std::list<Idle> idle_;  // oldest first
  std::set<std::thread::id> swept_;
};

}  // namespace postern::gateway
