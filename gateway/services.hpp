// Everything that the pipeline uses, made once by the daemon and passed by reference. No globals: tests make their own.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/current.hpp"
#include "base/random.hpp"
#include "base/throttle.hpp"
#include "discovery/dns.hpp"
#include "discovery/sts_lookup.hpp"
#include "gateway/config.hpp"
#include "gateway/dkim_keys.hpp"
#include "gateway/policy_snapshot.hpp"
#include "gateway/recipients.hpp"
#include "gateway/return_path.hpp"
#include "net/offload.hpp"
#include "net/tls.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

/// Octets of bodies in memory, all sessions together. A reservation is given back when it goes.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t limit) : limit_(limit) {}

  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Reservation& operator=(Reservation&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Reservation() {
      if (budget_ != nullptr) budget_->used_ -= bytes_;
    }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    friend class ByteBudget;
    Reservation(ByteBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
    ByteBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  /// Empty where it does not fit.
  [[nodiscard]] Reservation reserve(std::uint64_t bytes) {
    std::uint64_t used = used_.load();
    do {
      if (bytes > limit_ || used > limit_ - bytes) return {};
    } while (!used_.compare_exchange_weak(used, used + bytes));
    return {this, bytes};
  }
  /// As much as there is, where that is less: who wants more than all of it has it alone.
  [[nodiscard]] Reservation reserve_up_to(std::uint64_t bytes) { return reserve(std::min(bytes, limit_)); }
  [[nodiscard]] std::uint64_t used() const { return used_; }

 private:
  std::uint64_t limit_;
  std::atomic<std::uint64_t> used_ = 0;
};

class Connections;
class PortalClient;
class TlsTallies;
struct SealMethods;  // gateway/sealer.hpp

struct Services {
  const Config& config;
  Current<std::vector<policy::Tenant>> tenants;  // load_tenants(config, …); a reload replaces them
  const Clock& clock;
  Random& random;
  spool::Spool& spool;
  PolicyHolder& policy;
  discovery::Resolver& resolver;
  net::Dialer& dialer;
  std::shared_ptr<const net::TlsClient> tls_client;
  net::Pool& disk;         // spool calls
  net::Pool& inspect;      // inspection, CPU-bound
  ByteBudget& in_flight;   // bodies that arrive
  ByteBudget& being_read;  // bodies in memory for inspection
  std::shared_ptr<const ReturnPaths> returns = std::make_shared<ReturnPaths>();
  Connections* connections = nullptr;    // null: each message has a connection of its own
  discovery::StsLookup* sts = nullptr;   // null: MTA-STS is not looked up
  TlsTallies* tls_tallies = nullptr;     // null: nobody reports on TLS
  crypto::KeyStore* keys = nullptr;      // null: no recipient has a key
  const SealMethods* seal = nullptr;     // null: nothing is sealed
  PortalClient* portal = nullptr;        // null: there is none
  std::atomic<bool> late_waits = false;  // a body that is judged late has no room in `being_read`
  Throttle no_room_said = Throttle(std::chrono::minutes(1));
  Current<DkimKeys> dkim = Current<DkimKeys>(std::make_shared<const DkimKeys>());  // a reload replaces them

  [[nodiscard]] Known known() const { return {config, keys != nullptr ? keys->index() : nullptr}; }
};

/// A spool operation that ends with a callback, awaited.
template <class Start>
net::awaitable<Result<void>> await_done(Start start) {
  co_return co_await net::await_callback<Result<void>>(std::move(start));
}

}  // namespace postern::gateway
