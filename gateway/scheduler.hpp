// Takes what is due from the spool and sends it on, so many at a time, in the order that backlog.hpp gives. Also what
// must be done now and then: late verdicts, holds whose time is over, and tending keys.
//
// A delivery to a destination that is not proven steps aside after a moment: it may wait for a resolver or a server
// that never answers, and goes on doing so outside delivery.concurrency, so that others need not wait for it. Meanwhile
// its destination gets no other. So many at most are aside: `aside_factor` times delivery.concurrency.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/backlog.hpp"
#include "gateway/domain_memory.hpp"
#include "gateway/pipeline.hpp"
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
  static net::awaitable<void> loop(Scheduler* self, const char* name, net::awaitable<void> (Scheduler::*turn)());
  net::awaitable<void> deliver();
  net::awaitable<void> judge_waiting();
  net::awaitable<void> tend();
  static net::awaitable<void> run_group(Scheduler* self, std::uint64_t number, Backlog::Turn turn,
                                        spool::MessageRecord message, Group group);

  /// One message that is to go, with those of its recipients whose turn it is.
  struct Claimed {
    Backlog::Turn turn;
    QueueId id;
    std::vector<std::uint32_t> indexes;
    spool::StoredMessage stored;
  };
  struct Harvest {
    std::vector<Claimed> claimed;
    bool more = false;  // look again at once
    std::string error;
  };
  struct Ending {
    std::uint64_t number = 0;  // of the delivery
    std::string destination;
    std::optional<policy::Experience> experience;
    std::string trouble;
  };
  // Blocking:
  [[nodiscard]] Harvest harvest(Time now, unsigned most);
  [[nodiscard]] Result<bool> look(Time now);
  [[nodiscard]] Result<Claimed> claim(const Backlog::Turn& turn, Time now);

  void spawn(Harvest& harvest);
  void settle_endings();
  /// Gives when the next one may.
  std::chrono::milliseconds step_aside();
  net::awaitable<void> expire_holds();

  Services& services_;
  net::Runtime& io_;
  net::TaskGroup& tasks_;
  DomainMemory memory_;
  Backlog backlog_;         // deliver()'s alone
  spool::Place looked_to_;  // of the schedule
  std::mutex endings_mutex_;
  std::vector<Ending> endings_;  // of deliveries, for deliver()
  // deliver()'s alone: deliveries by number, those outside delivery.concurrency too
  struct Delivery {
    std::string destination;
    std::chrono::steady_clock::time_point begun;
    bool proven = false, aside = false;
  };
  static constexpr unsigned aside_factor = 4;
  std::map<std::uint64_t, Delivery> deliveries_;
  std::uint64_t next_number_ = 0;
  unsigned aside_ = 0;
  net::Wakeup due_, late_;
  std::atomic<unsigned> active_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace postern::gateway
