#include "net/socket_stream.hpp"

#include <optional>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>

#include "net/tls_context.hpp"

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds shutdown_patience{2};

Endpoint to_endpoint(const tcp::endpoint& endpoint) {
  // A v4 client of a v6 listener is the v4 client that networks are written for.
  const asio::ip::address address = endpoint.address();
  const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  const asio::ip::address shown = mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()) : address;
  return {shown.to_string(), endpoint.port()};
}

using Socket = asio::generic::stream_protocol::socket;

class SocketStream final : public Stream {
 public:
  SocketStream(Socket socket, Endpoint peer, Endpoint local)
      : state_(std::make_shared<State>(std::move(socket))), peer_(std::move(peer)), local_(std::move(local)) {}
  ~SocketStream() override { close(); }

  awaitable<std::size_t> read_some(std::span<char> into) override {
    boost::system::error_code error;
    std::size_t got = 0;
    const Watch watch(*this, true);
    const auto buffer = asio::buffer(into.data(), into.size());
    if (tls_) {
      got = co_await tls_->async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
    } else {
      got = co_await state_->socket.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
    }
    if (error == asio::error::eof || error == boost::asio::ssl::error::stream_truncated) co_return 0;
    check(error);
    co_return got;
  }

  awaitable<void> write(std::string_view bytes) override {
    boost::system::error_code error;
    const Watch watch(*this);
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    if (tls_) {
      co_await asio::async_write(*tls_, buffer, asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await asio::async_write(state_->socket, buffer, asio::redirect_error(asio::use_awaitable, error));
    }
    check(error);
  }

  void expires_after(std::chrono::milliseconds timeout) override {
    state_->deadline = std::chrono::steady_clock::now() + timeout;
    // After a read that ended nothing is half done: there may be a last word.
    if (state_->socket.is_open()) state_->timed_out = false;
    if (state_->watching) arm(state_);
  }

  awaitable<TlsSession> accept_tls(const TlsServer& server) override {
    const auto& ours = static_cast<const TlsServerContext&>(server);
    tls_ = std::make_unique<TlsLayer>(state_->socket, ours.context);
    TlsSession session = co_await handshake(asio::ssl::stream_base::server, false, false);
    session.vouched_by = ours.named_authorities.vouching(tls_->native_handle());
    co_return session;
  }

  awaitable<TlsSession> start_tls(const TlsClient& client, std::string server_name) override {
    const auto& ours = static_cast<const TlsClientContext&>(client);
    tls_ = std::make_unique<TlsLayer>(state_->socket, ours.shared->context);
    if (!server_name.empty()) SSL_set_tlsext_host_name(tls_->native_handle(), server_name.c_str());
    const bool session_offered = ours.prepare(tls_->native_handle());
    co_return co_await handshake(asio::ssl::stream_base::client, session_offered, !ours.demands.tlsa.empty());
  }

  awaitable<void> shutdown() override {
    if (tls_ && state_->socket.is_open() && !state_->timed_out) {
      expires_after(shutdown_patience);
      boost::system::error_code ignored;
      const Watch watch(*this);
      co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
    }
    close();
  }

  void close() noexcept override {
    boost::system::error_code ignored;
    state_->deadline = SteadyTime::max();
    state_->socket.shutdown(Socket::shutdown_both, ignored);
    state_->socket.close(ignored);
  }

  Endpoint peer() const override { return peer_; }
  Endpoint local() const override { return local_; }

 private:
  /// What the timer's handler needs; it may run after the stream is gone.
  struct State {
    explicit State(Socket s) : socket(std::move(s)), timer(socket.get_executor()) {}
    Socket socket;
    asio::steady_timer timer;
    SteadyTime deadline = SteadyTime::max();
    bool watching = false;   // an operation is under way
    bool reading = false;    // and it is a read
    bool armed = false;      // the timer has a handler waiting
    SteadyTime armed_for{};  // for when
    bool timed_out = false;
  };
  using TlsLayer = asio::ssl::stream<Socket&>;

  /// While an operation is under way the deadline is watched. The timer is left running between operations: most of
  /// them move the deadline later, and a handler that finds it moved just waits on.
  class Watch {
   public:
    explicit Watch(SocketStream& stream, bool reading = false) : state_(*stream.state_) {
      if (state_.timed_out) throw TimedOut("the deadline has passed");
      state_.watching = true;
      state_.reading = reading;
      arm(stream.state_);
    }
    ~Watch() { state_.watching = false; }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    State& state_;
  };

  static void arm(const std::shared_ptr<State>& state) {
    if (state->deadline == SteadyTime::max()) return;
    if (state->armed && state->armed_for <= state->deadline) return;
    state->armed = true;
    state->armed_for = state->deadline;
    state->timer.expires_at(state->deadline);  // ends an earlier wait
    state->timer.async_wait([weak = std::weak_ptr<State>(state)](boost::system::error_code error) {
      const auto alive = weak.lock();
      if (error || !alive) return;
      alive->armed = false;
      if (!alive->watching || !alive->socket.is_open()) return;
      if (std::chrono::steady_clock::now() < alive->deadline) return arm(alive);
      alive->timed_out = true;
      boost::system::error_code ignored;
      if (alive->reading) {
        alive->socket.cancel(ignored);
      } else {
        alive->socket.close(ignored);
      }
    });
  }

  void check(const boost::system::error_code& error) const {
    if (!error) return;
    if (state_->timed_out) throw TimedOut("no answer in time");
    throw Broken(error.message());
  }

  /// `session_offered`: a failure says nothing of what the host can do with a whole handshake.
  awaitable<TlsSession> handshake(asio::ssl::stream_base::handshake_type side, bool session_offered, bool by_dane) {
    ERR_clear_error();
    boost::system::error_code error;
    {
      const Watch watch(*this);
      co_await tls_->async_handshake(side, asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) {
      const bool incapable = !state_->timed_out && !session_offered && is_incapable(error);
      const std::string what = state_->timed_out ? "no answer in time" : error.message();
      close();
      throw TlsFailed(what, incapable);
    }
    co_return describe(tls_->native_handle(), by_dane);
  }

  std::shared_ptr<State> state_;
  std::unique_ptr<TlsLayer> tls_;
  Endpoint peer_, local_;
};

}  // namespace

std::unique_ptr<Stream> make_stream(tcp::socket socket) {
  boost::system::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error), local = socket.local_endpoint(error);
  socket.set_option(tcp::no_delay(true), error);
  return std::make_unique<SocketStream>(std::move(socket), to_endpoint(peer), to_endpoint(local));
}

std::unique_ptr<Stream> make_stream(asio::local::stream_protocol::socket socket) {
  return std::make_unique<SocketStream>(std::move(socket), Endpoint{"local", 0}, Endpoint{"local", 0});
}

}  // namespace postern::net
