// Runs one coroutine to its end, on a loop of its own.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "net/awaitable.hpp"

namespace postern::test {

/// What the task gives; what it throws is thrown here. A task that would wait for ever is an error.
template <class T>
T run(net::awaitable<T> task) {
  boost::asio::io_context io;
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
  boost::asio::io_context io;
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
  boost::asio::io_context io;
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
  if (ended) io.run_for(std::chrono::milliseconds(200));  // who called back from another thread is done with the loop
  if (error) std::rethrow_exception(error);
}

}  // namespace postern::test
