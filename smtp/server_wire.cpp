#include "smtp/server_wire.hpp"

#include <algorithm>
#include <utility>

namespace postern::smtp {

net::awaitable<void> ServerWire::flush() {
  if (out_.empty()) co_return;
  const std::string bytes = std::exchange(out_, {});
  co_await stream_.write(bytes);
}

void ServerWire::wait_at_most(std::chrono::milliseconds time) {
  waits_since_ = std::chrono::steady_clock::now();
  stream_.expires_after(patience_ ? std::min(time, patience_->left()) : time);
}

void ServerWire::waited() {
  if (!patience_) return;
  const auto time = std::chrono::steady_clock::now() - waits_since_;
  patience_->waited(std::chrono::ceil<std::chrono::milliseconds>(time));
}

net::awaitable<Line> ServerWire::command() {
  wait_at_most(timeouts_.command);
  if (!input_.has_line()) co_await flush();
  Line line = co_await input_.line();
  waited();
  co_return line;
}

net::awaitable<std::string_view> ServerWire::body(std::uint64_t most) {
  if (input_.buffered().empty()) {
    co_await flush();
    wait_at_most(timeouts_.data_block);
    if (!co_await input_.fill_block()) throw net::Broken("the peer closed inside a message");
    waited();
  }
  co_return input_.buffered().substr(0, most);
}

void ServerWire::took(std::size_t octets) {
  input_.consume(octets);
  if (patience_) patience_->came(octets);
}

net::awaitable<net::TlsSession> ServerWire::accept_tls(const net::TlsServer& tls) {
  stream_.expires_after(timeouts_.handshake);
  net::TlsSession session = co_await stream_.accept_tls(tls);
  co_return session;
}

}  // namespace postern::smtp
