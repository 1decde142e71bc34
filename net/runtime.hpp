// Threads that run coroutines, a bounded pool for what blocks, and the group that owns what was spawned.
//
//   net::Runtime io(2);                       one io_context per I/O thread
//   net::Pool pool("crypto", 2, 1000);        threads, longest queue
//   auto sum = co_await net::offload(pool, [v = std::move(v)] { return digest(v); });   // moved in, value out
//   net::TaskGroup tasks(io, "sessions");
//   tasks.spawn("session 192.0.2.1", [](auto stream) -> net::awaitable<void> { … }, std::move(stream));
//
// A spawned coroutine takes values: never references, views or a capturing lambda.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "net/awaitable.hpp"
#include "net/endpoint.hpp"
#include "net/stream.hpp"

namespace postern::net {

class Runtime {
 public:
  explicit Runtime(unsigned threads);
  ~Runtime();  // stop() and join
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// The next thread's executor, in turn. A session lives and dies on one.
  [[nodiscard]] boost::asio::any_io_executor next();
  void stop();
  /// Calls `handler` on an I/O thread for each delivery of one of `signals` until the runtime stops.
  void on_signal(std::initializer_list<int> signals, std::function<void(int)> handler);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Owns spawned coroutines: names them, logs what escapes from them, cancels and joins them.
class TaskGroup {
 public:
  explicit TaskGroup(std::string name);
  ~TaskGroup();  // cancel() and join()

  /// Runs `task` on `on`. Past `cancel()` it is dropped at once.
  void spawn(boost::asio::any_io_executor on, std::string name, awaitable<void> task);
  void cancel();  // asks all to end at their next suspension
  void join();    // blocks until none is left; never from an I/O thread
  [[nodiscard]] std::size_t size() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Of the coroutine that asks.
awaitable<boost::asio::any_io_executor> this_executor();
awaitable<void> sleep_for(std::chrono::milliseconds time);

/// Listens and hands over each connection, with no more than `per_client` open from one address (0: no limit;
/// beyond it the connection is given to `refuse`, which says 421 and closes).
struct AcceptorOptions {
  Endpoint at;
  unsigned per_client = 50;
  unsigned total = 10'000;
  int inherited = -1;  // a listening socket from the service manager, instead of `at`
  /// Whether an address is a load balancer, which must speak the PROXY protocol; the limits are then of the real
  /// client.
  std::function<bool(const std::string& address)> is_balancer = [](const std::string&) { return false; };
};
class Acceptor {
 public:
  using Handler = std::function<awaitable<void>(std::unique_ptr<Stream>)>;
  /// Binds at once: an address in use is an Error that names it.
  [[nodiscard]] static Result<std::unique_ptr<Acceptor>> open(Runtime& io, TaskGroup& tasks, AcceptorOptions options,
                                                              Handler handle, Handler refuse);
  virtual ~Acceptor() = default;
  [[nodiscard]] virtual Endpoint local() const = 0;  // with the port that the system chose for port 0
  virtual void close() = 0;
};

/// Plain TCP.
[[nodiscard]] std::unique_ptr<Dialer> make_dialer();

}  // namespace postern::net
