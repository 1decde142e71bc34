#include "net/call_after.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace postern::net {

void call_after(const boost::asio::any_io_executor& on, std::chrono::milliseconds time, std::function<void()> work) {
  auto timer = std::make_shared<boost::asio::steady_timer>(on, time);
  timer->async_wait([timer, work = std::move(work)](boost::system::error_code ended) {
    if (!ended) work();
  });
}

}  // namespace postern::net
