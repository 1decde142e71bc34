#include "net/datagram.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/stream.hpp"

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;

constexpr std::size_t longest_datagram = 65'535;

class UdpClient final : public DatagramClient {
 public:
  awaitable<std::string> ask(Endpoint to, std::string query, std::chrono::milliseconds timeout,
                             bool (*accept)(std::string_view, std::string_view)) override {
    const auto executor = co_await asio::this_coro::executor;
    boost::system::error_code error;
    const udp::endpoint at(asio::ip::make_address(to.address, error), to.port);
    if (error) throw Broken("no IP address: " + to.address);

    // Port 0: the kernel picks a random one, afresh for each question. Connected: others' datagrams never get here.
    auto socket = std::make_shared<udp::socket>(executor);
    socket->open(at.protocol(), error);
    if (!error) socket->connect(at, error);
    if (error) throw Broken(error.message());
    auto too_late = std::make_shared<bool>(false);
    asio::steady_timer timer(executor, timeout);
    timer.async_wait([socket, too_late](boost::system::error_code ended) {
      if (ended) return;
      *too_late = true;
      boost::system::error_code ignored;
      socket->close(ignored);
    });
    co_await socket->async_send(asio::buffer(query), asio::redirect_error(asio::use_awaitable, error));
    std::string answer;
    while (!error) {
      answer.resize(longest_datagram);
      const std::size_t got =
          co_await socket->async_receive(asio::buffer(answer), asio::redirect_error(asio::use_awaitable, error));
      answer.resize(error ? 0 : got);
      if (!error && accept(query, answer)) break;
    }
    timer.cancel();
    if (*too_late) throw TimedOut("no answer in time");
    if (error) throw Broken(error.message());
    co_return answer;
  }
};

}  // namespace

std::unique_ptr<DatagramClient> make_datagram_client() {
  return std::make_unique<UdpClient>();
}

}  // namespace postern::net
