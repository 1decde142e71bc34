// A coroutine that waits until something happens elsewhere: any thread may wake it.
//
//   net::Wakeup wakeup;
//   … other threads: wakeup.notify();
//   co_await wakeup.wait(std::chrono::seconds(60));     // returns early when notified, also if that was before the
//   call
#pragma once

#include <chrono>
#include <memory>

#include "net/awaitable.hpp"

namespace postern::net {

class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void notify();
  /// One waiter at a time.
  awaitable<void> wait(std::chrono::milliseconds longest);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace postern::net
