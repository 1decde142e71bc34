#include "net/alarm.hpp"

namespace postern::net {

void Alarm::after(std::chrono::milliseconds time, std::function<void()> work) {
  timer_.expires_after(time);
  timer_.async_wait([work = std::move(work)](boost::system::error_code ended) {
    if (!ended) work();
  });
}

}  // namespace postern::net
