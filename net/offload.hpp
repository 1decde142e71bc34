// Blocking work off the I/O threads. `co_await post(pool, use_awaitable)` would not move you to the pool; this does,
// and resumes on the thread that asked.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/awaitable.hpp"

namespace postern::net {

/// A fixed number of threads and a bounded queue. Destruction runs what is queued, then joins.
class Pool {
 public:
  Pool(std::string name, unsigned threads, std::size_t longest_queue);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  /// False where the queue is full: `work` was not taken.
  [[nodiscard]] bool submit(std::function<void()> work);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The pool's queue is full.
struct Overloaded : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "the worker pool is full"; }
};

/// Calls back from any thread, once: `start(done)` begins something, `done(value)` ends the wait.
/// This is how a completion callback (a spool commit) becomes awaitable.
template <class T, class Start>
awaitable<T> await_callback(Start start) {
  auto executor = co_await boost::asio::this_coro::executor;
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
      [executor](auto handler, Start begin) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        begin([executor, shared](T value) {
          boost::asio::post(executor, [shared, v = std::move(value)]() mutable { std::move (*shared)(std::move(v)); });
        });
      },
      boost::asio::use_awaitable, std::move(start));
}

template <class F>
awaitable<std::invoke_result_t<F>> offload(Pool& pool, F work) {
  using T = std::invoke_result_t<F>;
  struct Carried {
    std::optional<T> value;
    std::exception_ptr error;
  };
  auto start = [&pool, shared_work = std::make_shared<F>(std::move(work))](auto done) {
    const bool taken = pool.submit([mine = shared_work, done]() mutable {
      Carried carried;
      try {
        carried.value.emplace((*mine)());
      } catch (...) {
        carried.error = std::current_exception();
      }
      mine.reset();  // whoever resumes may end what the work holds on to
      done(std::move(carried));
    });
    if (!taken) done(Carried{std::nullopt, std::make_exception_ptr(Overloaded())});
  };
  Carried carried = co_await await_callback<Carried>(std::move(start));
  if (carried.error) std::rethrow_exception(carried.error);
  co_return std::move(*carried.value);
}

}  // namespace postern::net
