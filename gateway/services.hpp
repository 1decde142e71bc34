// Everything that the pipeline uses, made once by the daemon and passed by reference. No globals: tests make their own.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/byte_budget.hpp"
#include "base/clock.hpp"
#include "base/current.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
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
  Connections* connections = nullptr;            // null: each message has a connection of its own
  discovery::StsLookup* sts = nullptr;           // null: MTA-STS is not looked up
  TlsTallies* tls_tallies = nullptr;             // null: nobody reports on TLS
  crypto::KeyStore* keys = nullptr;              // null: no recipient has a key
  const SealMethods* seal = nullptr;             // null: nothing is sealed
  PortalClient* portal = nullptr;                // null: there is none
  std::atomic<bool> late_waits = false;          // a body that is judged late has no room in `being_read`
  ByteBudget returning = ByteBudget(16U << 20);  // bounces that arrive: whoever sends them takes no room from senders
  Secret token_key = {};                         // of addresses that lead back to us; empty: none are made
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
