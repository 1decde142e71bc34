// What happens in the portal, collected: codes are mailed, openings are put on record; and what nobody opened in its
// time ends. Two loops of the daemon's, for as long as it runs.
#pragma once

#include "gateway/portal_client.hpp"
#include "gateway/services.hpp"

namespace postern::gateway {

class PickupService {
 public:
  /// Nothing where there is no portal.
  [[nodiscard]] static std::unique_ptr<PickupService> open(const Config& config, net::Pool& pool);
  explicit PickupService(PortalClient client) : client_(std::move(client)) {}

  [[nodiscard]] PortalClient& client() { return client_; }
  net::awaitable<void> collect(Services& services);
  net::awaitable<void> expire(Services& services);

 private:
  net::awaitable<bool> handle(Services& services, portal::PortalEvent event);
  net::awaitable<void> expire_once(Services& services);
  PortalClient client_;
};

}  // namespace postern::gateway
