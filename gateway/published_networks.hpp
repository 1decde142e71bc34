// Networks that a binding names by an SPF record ("spf:DOMAIN" in bind.networks): looked up by the gateway, kept in
// STATE/networks/DOMAIN.txt with their date, in force from there.
//
//   auto filled = with_published(tenants, folder);       // an error names what was never looked up
//   NetworkRefresh refresh(…);
//   refresh.look_up_now(io, tasks, names);               // before anything needs them
//   tasks.spawn(…, refresh.keep_fresh());                // by their TTL
//
// A look-up that failed, is void, or lost more than half changes nothing: what was kept stays in force, over restarts,
// too. Who can block the resolver can neither empty a list nor widen it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "discovery/dns.hpp"
#include "gateway/config.hpp"
#include "gateway/load_config.hpp"
#include "gateway/named_networks.hpp"
#include "net/offload.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {

[[nodiscard]] std::filesystem::path networks_folder(const Config& config);
[[nodiscard]] Result<NamedNetworks> load_published(const std::filesystem::path& folder, const std::string& domain);

/// The domains whose records the tenants name.
[[nodiscard]] std::set<std::string> published_names(const Tenants& tenants);
[[nodiscard]] Result<std::shared_ptr<const Tenants>> with_published(const Tenants& tenants,
                                                                    const std::filesystem::path& folder);

/// When to ask again: after the TTL, within the bounds, and a tenth sooner or later, so that not all ask at once.
[[nodiscard]] Duration next_look_up(std::uint32_t ttl, Duration floor, Random& random);

struct RefreshOptions {
  std::filesystem::path folder;
  Duration floor{};                            // the least time between two look-ups of one record
  std::chrono::milliseconds patience{20'000};  // of one, all its records together
};

class NetworkRefresh {
 public:
  /// `names`: what is in force now. `changed`: after a list has changed on disk.
  NetworkRefresh(discovery::Resolver& resolver, net::Pool& disk, const Clock& clock, Random& random,
                 RefreshOptions options, std::function<std::set<std::string>()> names, std::function<void()> changed);

  /// One look-up; how long what it gave is good.
  net::awaitable<Result<Duration>> look_up(std::string domain);
  /// Of those that nothing is kept of; blocks until all are answered, never on an I/O thread.
  [[nodiscard]] Result<void> look_up_now(net::Runtime& io, net::TaskGroup& tasks, const std::set<std::string>& names);
  /// For as long as the gateway runs.
  net::awaitable<void> keep_fresh();

 private:
  discovery::Resolver& resolver_;
  net::Pool& disk_;
  const Clock& clock_;
  Random& random_;
  RefreshOptions options_;
  std::function<std::set<std::string>()> names_;
  std::function<void()> changed_;
};

}  // namespace postern::gateway
