// How a pick-up ends, or goes on: out of the portal and off our records with an event, or for longer than it would.
#pragma once

#include <string>

#include "audit/event.hpp"
#include "gateway/services.hpp"

namespace postern::gateway {

/// Out of the portal and off our records, with an event of this kind. Where it is to be told, its sender is.
net::awaitable<Result<void>> end_pickup(Services& services, spool::PickupRecord pickup, audit::EventKind kind,
                                        std::string reason, bool tell_sender);

/// Its recipient, or its sender, cannot be told: the message is taken out of the portal, and its sender hears of it.
/// False where that could not be kept, and has to be tried again.
net::awaitable<bool> pickup_notice_failed(Services& services, QueueId notice, std::string reason);
/// The same where another server took the notice, and it came back. False as above.
net::awaitable<bool> pickup_notice_came_back(Services& services, std::string lookup, std::string reason);
/// The same of the mail with the passphrase, for all whom it is of and who have not read the message yet.
net::awaitable<bool> passphrase_came_back(Services& services, std::string lookup, std::string reason);

/// It waits until then, with an event; never less long than before.
net::awaitable<Result<void>> extend_pickup(Services& services, spool::PickupRecord pickup, Time until);

/// What is known of a pick-up, for the ledger.
[[nodiscard]] audit::Event event_of_pickup(audit::EventKind kind, Time at, const spool::PickupRecord& pickup);

}  // namespace postern::gateway
