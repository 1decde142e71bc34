// MTA-STS for a process: the look-up, and the policies that are kept in STATE/mta-sts over restarts and renewed in the
// background.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

#include "discovery/sts_lookup.hpp"
#include "discovery/sts_refresh.hpp"
#include "gateway/config.hpp"
#include "net/awaitable.hpp"
#include "net/offload.hpp"

namespace postern::gateway {

class StsService {
 public:
  /// Null `disk`: what is kept is read, and nothing is written; for a command.
  StsService(const Config& config, discovery::Resolver& resolver, net::Dialer& dialer,
             std::shared_ptr<const net::TlsClient> tls, net::Pool* disk, const Clock& clock, Random& random);

  /// Null where the configuration has it off.
  [[nodiscard]] discovery::StsLookup* lookup() { return lookup_ ? &*lookup_ : nullptr; }

  /// Until it is cancelled: one policy after the other, as its time comes. So many of these run as policies may be
  /// fetched so at the same time.
  net::awaitable<void> keep_fresh();
  static constexpr unsigned most_fetches = 4;

 private:
  struct Kept {  // outlives the service while the pool writes it
    std::filesystem::path file;
    discovery::StsCache cache;
    std::atomic<bool> to_write = false;  // and a worker has been told so
  };
  static void write(const std::shared_ptr<Kept>& kept);

  std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
  const Clock& clock_;
  std::optional<discovery::StsLookup> lookup_;
  discovery::StsRefresh refresh_;
};

}  // namespace postern::gateway
