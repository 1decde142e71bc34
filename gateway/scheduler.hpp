// Takes what is due from the spool and sends it on, so many at a time. Also what must be done now and then: late
// verdicts, holds whose time is over, and tending keys.
#pragma once

#include <atomic>
#include <memory>

#include "gateway/domain_memory.hpp"
#include "gateway/services.hpp"
#include "net/runtime.hpp"
#include "net/wakeup.hpp"

namespace postern::gateway {

class Scheduler {
 public:
  Scheduler(Services& services, net::Runtime& io, net::TaskGroup& tasks);

  void start();  // spawns the loops
  void wake() {  // any thread: the spool changed
    due_.notify();
    late_.notify();
  }
  /// No new attempts. What is under way goes on.
  void stop() { stopping_ = true; }
  [[nodiscard]] unsigned under_way() const { return active_; }

 private:
  static net::awaitable<void> deliver_loop(Scheduler* self);
  static net::awaitable<void> late_loop(Scheduler* self);
  static net::awaitable<void> tend_loop(Scheduler* self);
  static net::awaitable<void> run_group(Scheduler* self, spool::MessageRecord message, struct Group group);
  net::awaitable<std::size_t> claim_and_spawn();
  net::awaitable<void> expire_holds();

  Services& services_;
  net::Runtime& io_;
  net::TaskGroup& tasks_;
  DomainMemory memory_;
  net::Wakeup due_, late_;
  std::atomic<unsigned> active_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace postern::gateway
