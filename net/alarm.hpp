// One piece of work at a later time, called off when the alarm goes away. Belongs to one executor's thread.
#pragma once

#include <chrono>
#include <functional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace postern::net {

class Alarm {
 public:
  explicit Alarm(const boost::asio::any_io_executor& on) : timer_(on) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// A second call calls the first one off. `work` may already be queued when the alarm is destroyed or set anew:
  /// make it harmless when it comes too late.
  void after(std::chrono::milliseconds time, std::function<void()> work);

 private:
  boost::asio::steady_timer timer_;
};

}  // namespace postern::net
