#include "gateway/sts_service.hpp"

#include "base/log.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {
namespace {

constexpr std::chrono::seconds look_every{10};

}  // namespace

StsService::StsService(const Config& config, discovery::Resolver& resolver, net::Dialer& dialer,
                       std::shared_ptr<const net::TlsClient> tls, net::Pool* disk, const Clock& clock, Random& random)
    : clock_(clock), refresh_(kept_->cache, random) {
  if (!config.mta_sts) return;
  kept_->file = config.state / "mta-sts";
  if (const auto loaded = kept_->cache.load(kept_->file, clock.now()); !loaded) {
    // Without them a domain is as one that is mailed for the first time: its policy is fetched again.
    if (disk != nullptr) log::warning("MTA-STS: the policies that were kept are lost: {}", loaded.error().text);
  }
  discovery::StsOptions options;
  options.egress = config.egress_policy();
  if (disk != nullptr) {
    options.on_change = [kept = kept_, disk] {
      if (kept->to_write.exchange(true)) return;
      if (!disk->submit([kept] { write(kept); })) kept->to_write = false;  // the next change is written with this one
    };
  }
  lookup_.emplace(resolver, dialer, std::move(tls), kept_->cache, clock, random, std::move(options));
}

net::awaitable<void> StsService::keep_fresh() {
  for (;;) {
    co_await net::sleep_for(look_every);
    while (const auto domain = refresh_.next(clock_.now()))
      co_await lookup_->refresh(*domain);
  }
}

void StsService::write(const std::shared_ptr<Kept>& kept) {
  kept->to_write = false;  // what changes from here on is another write's
  if (const auto saved = kept->cache.save(kept->file); !saved)
    log::warning("MTA-STS: the policies are not kept over a restart: {}", saved.error().text);
}

}  // namespace postern::gateway
