#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/runtime.hpp"
#include "net/socket_stream.hpp"

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class TcpDialer final : public Dialer {
 public:
  awaitable<std::unique_ptr<Stream>> dial(Endpoint to, std::chrono::milliseconds timeout) override {
    const auto executor = co_await asio::this_coro::executor;
    boost::system::error_code error;
    const tcp::endpoint at(asio::ip::make_address(to.address, error), to.port);
    if (error) throw Broken("no IP address: " + to.address);

    auto socket = std::make_shared<tcp::socket>(executor);
    auto too_late = std::make_shared<bool>(false);
    asio::steady_timer timer(executor, timeout);
    timer.async_wait([socket, too_late](boost::system::error_code ended) {
      if (ended) return;
      *too_late = true;
      boost::system::error_code ignored;
      socket->close(ignored);
    });
    co_await socket->async_connect(at, asio::redirect_error(asio::use_awaitable, error));
    timer.cancel();
    if (*too_late) throw TimedOut("no connection in time");
    if (error) throw Broken(error.message());
    co_return make_stream(std::move(*socket));
  }
};

}  // namespace

std::unique_ptr<Dialer> make_dialer() {
  return std::make_unique<TcpDialer>();
}

}  // namespace postern::net
