// The portal's side of the deposit socket: requests of one posternd, in order (portal/deposit_protocol.hpp says them).
//
//   DepositDoor door(store, happenings, pool, clock);
//   co_await door.serve(*stream);                       // until the other side is gone
//
// A deposit is answered Kept when it is on disk. Small ones are written at once, larger ones as they come.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "net/offload.hpp"
#include "net/stream.hpp"
#include "net/wakeup.hpp"
#include "portal/happenings.hpp"
#include "portal/store.hpp"

namespace postern::portal {

class DepositDoor {
 public:
  DepositDoor(Store& store, Happenings& happenings, net::Pool& pool, const Clock& clock);
  ~DepositDoor();
  DepositDoor(const DepositDoor&) = delete;
  DepositDoor& operator=(const DepositDoor&) = delete;

  net::awaitable<void> serve(net::Stream& stream);

 private:
  class Visitor;
  net::awaitable<Answer> collect(Collect wanted);
  [[nodiscard]] Result<std::vector<PortalEvent>> events_after(std::uint64_t seen);

  /// Whoever waits for what happens. A posternd that is gone without a word still waits, and is overtaken by the next.
  struct Collector {
    net::Wakeup something;
    std::atomic<bool> overtaken = false;
  };
  [[nodiscard]] std::shared_ptr<Collector> overtake();

  Store& store_;
  Happenings& happenings_;
  net::Pool& pool_;
  const Clock& clock_;
  std::mutex mutex_;
  std::shared_ptr<Collector> collector_;  // the last that came
};

}  // namespace postern::portal
