// Both sessions over real sockets, on loopback.

#include <boost/test/unit_test.hpp>

#include "net/runtime.hpp"
#include "tests/smtp/recorder.hpp"
#include "tests/smtp/sending.hpp"

using namespace postern;
using namespace postern::smtp;

namespace {

/// A server on a port of the system's choice, for as long as the object lives.
struct Server {
  explicit Server(ServerTimeouts timeouts = {}) : runtime(1), tasks("server") {
    options.hostname = "gw.example";
    options.starttls = Starttls::off;
    options.timeouts = timeouts;
    auto opened = net::Acceptor::open(
        runtime, tasks, {{"127.0.0.1", 0}, 10, 10},
        [this](std::unique_ptr<net::Stream> stream) -> net::awaitable<void> {
          co_await serve(*stream, options, receiver);
        },
        [](std::unique_ptr<net::Stream>) -> net::awaitable<void> { co_return; });
    acceptor = std::move(opened.value());
  }
  ~Server() {
    acceptor->close();
    tasks.cancel();
    tasks.join();
  }

  net::Runtime runtime;
  net::TaskGroup tasks;
  ServerOptions options;
  Recorder receiver;
  std::unique_ptr<net::Acceptor> acceptor;
};

net::awaitable<std::string> read_to_the_end(net::Stream& stream) {
  std::string all, block(4096, '\0');
  stream.expires_after(std::chrono::seconds(10));
  for (std::size_t got = 1; got > 0;) {
    got = co_await stream.read_some(block);
    all += block.substr(0, got);
  }
  co_return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_that_says_nothing_is_told_so_before_the_connection_ends) {
  Server server(
      {std::chrono::milliseconds(100), std::chrono::milliseconds(100), std::chrono::milliseconds(100)});
  const auto dialer = net::make_dialer();
  const auto talk = [](net::Dialer* with, net::Endpoint to) -> net::awaitable<std::string> {
    auto stream = co_await with->dial(to, std::chrono::seconds(5));
    co_return co_await read_to_the_end(*stream);
  };
  const std::string said = test::run(talk(dialer.get(), server.acceptor->local()));
  BOOST_TEST(said == "220 gw.example ESMTP Postern\r\n421 4.4.2 gw.example waited too long\r\n");
}

BOOST_AUTO_TEST_CASE(a_message_of_several_blocks_arrives_as_it_was_sent) {
  Server server;
  Sending sending;
  for (int i = 0; i < 20'000; ++i)
    sending.body += i % 7 == 0 ? ".line\r\n" : "a line of text\r\n";
  const auto dialer = net::make_dialer();
  const auto dial = [](net::Dialer* with, net::Endpoint to) -> net::awaitable<std::unique_ptr<net::Stream>> {
    co_return co_await with->dial(to, std::chrono::seconds(5));
  };
  sending.parts.body_size = sending.body.size();
  const mail::Outbound outbound = gateway::Protector::make(sending.parts);
  PiecedBody body(sending.body, 10'000);
  const auto deliver = [&]() -> net::awaitable<SessionResult> {
    auto stream = co_await dial(dialer.get(), server.acceptor->local());
    co_return co_await send(*stream, sending.options, outbound, body,
                            []() -> net::awaitable<void> { co_return; });
  };
  const SessionResult result = test::run(deliver());
  BOOST_TEST_REQUIRE(result.outcomes.size() == 1U);
  BOOST_TEST(describe(result.outcomes[0]) == "delivered 250");
  BOOST_TEST_REQUIRE(server.receiver.messages.size() == 1U);
  BOOST_TEST((server.receiver.messages[0] == sending.parts.prefix + sending.body));
}
