#include "net/wakeup.hpp"

#include <mutex>
#include <optional>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::net {

namespace asio = boost::asio;

struct Wakeup::Impl {
  std::mutex mutex;
  bool notified = false;
  std::shared_ptr<asio::steady_timer> waiting;  // touched only on its own executor, but for the handing over
};

Wakeup::Wakeup() : impl_(std::make_shared<Impl>()) {}
Wakeup::~Wakeup() = default;

void Wakeup::notify() {
  std::shared_ptr<asio::steady_timer> timer;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->notified = true;
    timer = impl_->waiting;
  }
  // A timer is not thread-safe: cancel it where its waiter runs.
  if (timer) asio::post(timer->get_executor(), [timer] { timer->cancel(); });
}

awaitable<void> Wakeup::wait(std::chrono::milliseconds longest) {
  const auto impl = impl_;
  auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, longest);
  bool already = false;
  {
    const std::lock_guard lock(impl->mutex);
    already = impl->notified;
    if (!already) impl->waiting = timer;
  }
  boost::system::error_code ended;
  if (!already) co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ended));
  const std::lock_guard lock(impl->mutex);
  impl->waiting.reset();
  impl->notified = false;
}

}  // namespace postern::net
