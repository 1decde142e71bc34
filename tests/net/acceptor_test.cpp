// Listening: limits by address and in all, and an end while connections come.
#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "net/runtime.hpp"
#include "net/stream.hpp"
#include "tests/support/run.hpp"

using namespace postern;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;

/// Says "in" or "no", and keeps the connection until the client closes it.
struct Door {
  explicit Door(unsigned per_client, unsigned total) : runtime(2), tasks("test") {
    net::AcceptorOptions options{{"127.0.0.1", 0}, per_client, total};
    acceptor = net::Acceptor::open(
                   runtime, tasks, std::move(options),
                   [this](std::unique_ptr<net::Stream> stream) -> net::awaitable<void> {
                     ++inside;
                     co_await stream->write("in");
                     char end = 0;
                     (void)co_await stream->read_some(std::span(&end, 1));
                     --inside;
                   },
                   [](std::unique_ptr<net::Stream> stream) -> net::awaitable<void> {
                     co_await stream->write("no");
                     co_await stream->shutdown();
                   })
                   .value();
  }
  ~Door() {
    acceptor->close();
    tasks.cancel();
    tasks.join();
  }

  net::Runtime runtime;
  net::TaskGroup tasks;
  std::atomic<int> inside = 0;
  std::unique_ptr<net::Acceptor> acceptor;
};

net::awaitable<std::string> hear(net::Stream& stream) {
  stream.expires_after(patience);
  std::string said(2, '\0');
  const std::size_t got = co_await stream.read_some(said);
  co_return said.substr(0, got);
}

net::awaitable<std::string> knock(net::Dialer& dialer, net::Endpoint at,
                                  std::vector<std::unique_ptr<net::Stream>>& keep) {
  keep.push_back(co_await dialer.dial(at, patience));
  co_return co_await hear(*keep.back());
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_address_gets_so_many_connections_and_one_more_when_one_ended) {
  Door door(3, 100);
  const auto dialer = net::make_dialer();
  const auto task = [&]() -> net::awaitable<std::string> {
    std::vector<std::unique_ptr<net::Stream>> open;
    std::string said;
    for (int i = 0; i < 5; ++i)
      said += co_await knock(*dialer, door.acceptor->local(), open) + " ";
    open[0]->close();
    for (int i = 0; i < 100 && door.inside > 2; ++i)
      co_await net::sleep_for(5ms);
    // The place is given back a moment after the session ends.
    std::string last;
    for (int i = 0; i < 100 && last != "in"; ++i) {
      co_await net::sleep_for(5ms);
      last = co_await knock(*dialer, door.acceptor->local(), open);
    }
    co_return said + last;
  };
  BOOST_TEST(test::run(task()) == "in in in no no in");
}

BOOST_AUTO_TEST_CASE(there_is_a_limit_in_all_where_there_is_none_by_address) {
  Door door(0, 2);
  const auto dialer = net::make_dialer();
  const auto task = [&]() -> net::awaitable<std::string> {
    std::vector<std::unique_ptr<net::Stream>> open;
    std::string said;
    for (int i = 0; i < 3; ++i)
      said += co_await knock(*dialer, door.acceptor->local(), open) + " ";
    co_return said;
  };
  BOOST_TEST(test::run(task()) == "in in no ");
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error_that_names_it) {
  Door door(1, 1);
  const auto refuse = [](std::unique_ptr<net::Stream>) -> net::awaitable<void> { co_return; };
  const auto second = net::Acceptor::open(door.runtime, door.tasks, {door.acceptor->local()}, refuse, refuse);
  BOOST_TEST_REQUIRE(!second.has_value());
  BOOST_TEST((second.error().text.find(net::format_endpoint(door.acceptor->local())) != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_door_that_closes_while_many_knock_ends_every_connection) {
  constexpr int clients = 8;
  std::latch knocking(clients);
  std::atomic<int> shut_out = 0;
  std::vector<std::jthread> threads;
  {
    Door door(0, 1000);
    const net::Endpoint at = door.acceptor->local();
    for (int i = 0; i < clients; ++i) {
      threads.emplace_back([&knocking, &shut_out, at] {
        const auto dialer = net::make_dialer();
        const auto until_it_is_shut = [&]() -> net::awaitable<void> {
          std::vector<std::unique_ptr<net::Stream>> open;
          (void)co_await knock(*dialer, at, open);
          knocking.count_down();
          for (int n = 0; n < 1000; ++n)
            (void)co_await knock(*dialer, at, open);
        };
        try {
          test::run(until_it_is_shut());
        } catch (const net::Broken&) {
          ++shut_out;
        }
      });
    }
    knocking.wait();
  }
  threads.clear();  // joined
  BOOST_TEST(shut_out == clients);
}
