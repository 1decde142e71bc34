// Runs `work` on `on` after `time`. The timer keeps itself alive and cannot be called off: make the work harmless
// when it comes too late.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>

namespace postern::net {

void call_after(const boost::asio::any_io_executor& on, std::chrono::milliseconds time, std::function<void()> work);

}  // namespace postern::net
