#include "net/runtime.hpp"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"

namespace postern::net {

namespace asio = boost::asio;

namespace {

struct IoThread {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

}  // namespace

struct Runtime::Impl {
  std::vector<std::unique_ptr<IoThread>> threads;
  std::atomic<std::size_t> turn = 0;
  std::list<asio::signal_set> signals;
};

namespace {

void wait_for_signal(asio::signal_set& set, const std::shared_ptr<std::function<void(int)>>& handler) {
  set.async_wait([&set, handler](boost::system::error_code error, int number) {
    if (error) return;
    (*handler)(number);
    wait_for_signal(set, handler);
  });
}

}  // namespace

Runtime::Runtime(unsigned threads) : impl_(std::make_unique<Impl>()) {
  for (unsigned i = 0; i < threads; ++i) {
    auto& added = *impl_->threads.emplace_back(std::make_unique<IoThread>());
    added.thread = std::thread([&context = added.context] { context.run(); });
  }
}

Runtime::~Runtime() {
  stop();
}

asio::any_io_executor Runtime::next() {
  const std::size_t turn = impl_->turn++;
  return impl_->threads[turn % impl_->threads.size()]->context.get_executor();
}

void Runtime::stop() {
  for (const auto& thread : impl_->threads)
    thread->context.stop();
  for (const auto& thread : impl_->threads) {
    if (thread->thread.joinable()) thread->thread.join();
  }
}

void Runtime::on_signal(std::initializer_list<int> signals, std::function<void(int)> handler) {
  asio::signal_set& set = impl_->signals.emplace_back(impl_->threads.front()->context);
  for (const int number : signals)
    set.add(number);
  wait_for_signal(set, std::make_shared<std::function<void(int)>>(std::move(handler)));
}

// TaskGroup

namespace {

struct Task {
  std::string name;
  asio::any_io_executor executor;
  asio::cancellation_signal stop;
  bool cancelled = false;  // before it was started; touched on its executor only
};

void report(const std::string& group, const std::string& task, const std::exception_ptr& escaped) {
  try {
    std::rethrow_exception(escaped);
  } catch (const Broken& broken) {
    log::debug("{}: {}: {}", group, task, broken.what());
  } catch (const boost::system::system_error& error) {
    // Cancelled, or a socket that was closed under it: how tasks end at shutdown.
    log::debug("{}: {}: {}", group, task, error.what());
  } catch (const std::exception& fault) {
    log::error("{}: {} ended by a fault: {}", group, task, fault.what());
  }
}

}  // namespace

struct TaskGroup::Impl {
  explicit Impl(std::string n) : name(std::move(n)) {}
  std::string name;
  mutable std::mutex mutex;
  std::condition_variable empty;
  std::list<std::shared_ptr<Task>> tasks;
  bool cancelled = false;
};

TaskGroup::TaskGroup(std::string name) : impl_(std::make_shared<Impl>(std::move(name))) {}

TaskGroup::~TaskGroup() {
  cancel();
  join();
}

void TaskGroup::spawn(asio::any_io_executor on, std::string name, awaitable<void> work) {
  auto task = std::make_shared<Task>();
  task->name = std::move(name);
  task->executor = on;
  std::list<std::shared_ptr<Task>>::iterator place;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->cancelled) return;
    place = impl_->tasks.insert(impl_->tasks.end(), task);
  }
  // The slot is connected, and the coroutine started, on its own thread: a signal is not thread-safe.
  asio::post(on, [impl = impl_, task, place, work = std::move(work)]() mutable {
    auto finished = [impl, task, place](const std::exception_ptr& escaped) {
      if (escaped) report(impl->name, task->name, escaped);
      const std::lock_guard lock(impl->mutex);
      impl->tasks.erase(place);
      if (impl->tasks.empty()) impl->empty.notify_all();
    };
    // A signal without a slot is lost, and join() would wait for ever.
    if (task->cancelled) return finished(nullptr);
    asio::co_spawn(task->executor, std::move(work),
                   asio::bind_cancellation_slot(task->stop.slot(), std::move(finished)));
  });
}

void TaskGroup::cancel() {
  const std::lock_guard lock(impl_->mutex);
  impl_->cancelled = true;
  for (const std::shared_ptr<Task>& task : impl_->tasks) {
    asio::post(task->executor, [task] {
      task->cancelled = true;
      task->stop.emit(asio::cancellation_type::terminal);
    });
  }
}

void TaskGroup::join() {
  std::unique_lock lock(impl_->mutex);
  impl_->empty.wait(lock, [this] { return impl_->tasks.empty(); });
}

std::size_t TaskGroup::size() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->tasks.size();
}

awaitable<asio::any_io_executor> this_executor() {
  co_return co_await asio::this_coro::executor;
}

awaitable<void> sleep_for(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace postern::net
