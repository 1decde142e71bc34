#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "net/offload.hpp"

namespace postern::net {

struct Pool::Impl {
  std::string name;
  std::size_t longest = 0;
  std::mutex mutex;
  std::condition_variable waiting;
  std::deque<std::function<void()>> queue;
  bool stopping = false;
  std::vector<std::thread> threads;

  void run() {
    for (;;) {
      std::function<void()> work;
      {
        std::unique_lock lock(mutex);
        waiting.wait(lock, [this] { return stopping || !queue.empty(); });
        if (queue.empty()) return;
        work = std::move(queue.front());
        queue.pop_front();
      }
      try {
        work();
      } catch (const std::exception& fault) {
        log::error("pool {}: {}", name, fault.what());
      }
    }
  }
};

Pool::Pool(std::string name, unsigned threads, std::size_t longest_queue) : impl_(std::make_unique<Impl>()) {
  impl_->name = std::move(name);
  impl_->longest = longest_queue;
  for (unsigned i = 0; i < threads; ++i)
    impl_->threads.emplace_back([impl = impl_.get()] { impl->run(); });
}

Pool::~Pool() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->waiting.notify_all();
  for (std::thread& thread : impl_->threads)
    thread.join();
}

bool Pool::submit(std::function<void()> work) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->queue.size() >= impl_->longest) return false;
    impl_->queue.push_back(std::move(work));
  }
  impl_->waiting.notify_one();
  return true;
}

}  // namespace postern::net
