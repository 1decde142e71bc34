#include "smtp/server_wire.hpp"

#include <algorithm>
#include <utility>

namespace postern::smtp {

net::awaitable<void> ServerWire::flush() {
  if (out_.empty()) co_return;
  const std::string bytes = std::exchange(out_, {});
  co_await stream_.write(bytes);
}

net::awaitable<Line> ServerWire::command() {
  restart_clock();
  if (!input_.has_line()) co_await flush();
  Line line = co_await input_.line();
  co_return line;
}

net::awaitable<std::string_view> ServerWire::body(std::uint64_t most) {
  if (input_.buffered().empty()) {
    co_await flush();
    stream_.expires_after(timeouts_.data_block);
    if (!co_await input_.fill_block()) throw net::Broken("the peer closed inside a message");
  }
  co_return input_.buffered().substr(0, most);
}

net::awaitable<net::TlsSession> ServerWire::accept_tls(const net::TlsServer& tls) {
  stream_.expires_after(timeouts_.handshake);
  net::TlsSession session = co_await stream_.accept_tls(tls);
  co_return session;
}

}  // namespace postern::smtp
