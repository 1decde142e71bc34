#include "smtp/body_patience.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/smtp/server.hpp"
#include "tests/support/run.hpp"

using namespace postern;
using namespace postern::smtp;
using namespace std::chrono_literals;

namespace {

/// Says what leads to a body and then a piece of it every so often, until the server hangs up: what it heard.
net::awaitable<std::string> drip(net::Endpoint to, std::string begin, std::string piece, std::size_t times,
                                 std::chrono::milliseconds pause, std::string end) {
  const auto dialer = net::make_dialer();
  auto stream = co_await dialer->dial(to, patience);
  std::string heard;
  try {
    stream->expires_after(patience);
    co_await stream->write(begin);
    for (std::size_t i = 0; i < times; ++i) {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, pause);
      co_await timer.async_wait(boost::asio::use_awaitable);
      co_await stream->write(piece);
    }
    co_await stream->write(end);
  } catch (const net::Broken&) {  // it hung up: what it said is still to be read
  }
  try {
    std::string block(4096, '\0');
    for (std::size_t got = 1; got > 0;) {
      got = co_await stream->read_some(block);
      heard += block.substr(0, got);
    }
  } catch (const net::Broken&) {
  }
  co_return heard;
}

struct Slow : Server {
  Slow() {
    options.timeouts.data_block = 300ms;
    options.limits.body_rate = 100;
  }
};

const std::string hello = "EHLO c.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n";
const std::string waited_too_long = "421 4.4.2 gw.example waited too long\r\n";

}  // namespace

BOOST_AUTO_TEST_CASE(a_single_wait_lasts_a_block_at_most) {
  BodyPatience body(180s, 500);
  BOOST_TEST(body.left().count() == 180'000);
  body.came(150ULL << 20);
  BOOST_TEST(body.left().count() == 180'000);
}

BOOST_AUTO_TEST_CASE(all_waits_together_last_a_block_and_what_the_octets_earn) {
  BodyPatience body(180s, 500);
  body.waited(179s);
  body.came(1);
  BOOST_TEST(body.left().count() == 1'002);
  body.waited(1s);
  BOOST_TEST(body.left().count() == 2);
  body.waited(10s);
  BOOST_TEST(body.left().count() == 0);
  body.came(50'000);
  BOOST_TEST(body.left().count() == 90'002);
}

BOOST_AUTO_TEST_CASE(an_octet_now_and_then_does_not_hold_a_place_for_ever) {
  Slow server;
  const std::string heard =
      test::run(drip(server.acceptor->local(), hello + "DATA\r\n", "x", 100, 50ms, "\r\n.\r\nQUIT\r\n"));
  BOOST_TEST(heard.ends_with(waited_too_long));
  server.end();
  BOOST_TEST(server.receiver.log.back() == "abandon");
}

BOOST_AUTO_TEST_CASE(nor_do_chunks_of_an_octet) {
  Slow server;
  const std::string heard =
      test::run(drip(server.acceptor->local(), hello, "BDAT 1\r\nx", 100, 50ms, "BDAT 0 LAST\r\nQUIT\r\n"));
  BOOST_TEST(heard.ends_with(waited_too_long));
  server.end();
  BOOST_TEST(server.receiver.log.back() == "abandon");
}

BOOST_AUTO_TEST_CASE(a_body_that_comes_at_the_rate_may_take_its_time) {
  Slow server;
  const std::string heard = test::run(
      drip(server.acceptor->local(), hello + "DATA\r\n", std::string(48, 'x') + "\r\n", 12, 50ms, ".\r\nQUIT\r\n"));
  BOOST_TEST(heard.find("421") == std::string::npos);
  server.end();
  BOOST_TEST(server.receiver.messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(each_message_of_a_session_has_a_patience_of_its_own) {
  Slow server;
  const std::string slow_one = "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n";
  const std::string heard =
      test::run(drip(server.acceptor->local(), "EHLO c.example\r\n", slow_one + "x\r\n.\r\n", 12, 50ms, "QUIT\r\n"));
  BOOST_TEST(heard.find("421") == std::string::npos);
  server.end();
  BOOST_TEST(server.receiver.messages.size() == 12U);
}
