// Runs one coroutine to its end, on a loop of its own.
#pragma once

#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "net/awaitable.hpp"

namespace postern::test {

/// A loop of one's own, for one task. Another thread may still be on its way out of `post` when the task that it woke
/// has ended: what waits in the loop is gone with it, the loop itself only when so many others have come and gone.
class Loop {
 public:
  ~Loop() {
    static std::mutex mutex;
    static std::deque<std::unique_ptr<Context>> past;
    constexpr std::size_t enough = 64;
    context_->end();
    const std::lock_guard lock(mutex);
    past.push_back(std::move(context_));
    if (past.size() > enough) past.pop_front();
  }
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  boost::asio::io_context& operator*() { return *context_; }

 private:
  struct Context : boost::asio::io_context {
    void end() { shutdown(); }
  };
  std::unique_ptr<Context> context_ = std::make_unique<Context>();
};

/// What the task gives; what it throws is thrown here. A task that would wait for ever is an error.
template <class T>
T run(net::awaitable<T> task) {
  Loop loop;
  boost::asio::io_context& io = *loop;
  std::optional<T> value;
  std::exception_ptr error;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T result) {
    error = thrown;
    if (!thrown) value = std::move(result);
  });
  io.run();
  if (error) std::rethrow_exception(error);
  if (!value) throw std::logic_error("the coroutine did not end");
  return std::move(*value);
}

inline void run(net::awaitable<void> task) {
  Loop loop;
  boost::asio::io_context& io = *loop;
  std::exception_ptr error;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown) {
    error = thrown;
    ended = true;
  });
  io.run();
  if (error) std::rethrow_exception(error);
  if (!ended) throw std::logic_error("the coroutine did not end");
}

/// The same, but the task ends with the process: soon after `alive` says so, wherever it waits.
template <class T, class Alive>
void run_while(net::awaitable<T> task, Alive alive) {
  Loop loop;
  boost::asio::io_context& io = *loop;
  std::exception_ptr error;
  bool ended = false;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, auto&&...) {
    error = thrown;
    ended = true;
  });
  while (!ended) {
    const bool last = !alive();
    io.run_for(std::chrono::milliseconds(last ? 200 : 20));
    if (last) break;
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace postern::test
