// What the sender of a message that waits in the portal is told: that it waits, with an address to write to who wants
// it back; that it was taken back; that it was opened. No subject and no content of it.
#pragma once

#include "gateway/services.hpp"

namespace postern::gateway {

/// True at once where nobody wants to hear it (`portal.tell_sender`). False where it could not be kept.
net::awaitable<bool> tell_sender_it_waits(Services& services, spool::PickupRecord pickup);
net::awaitable<bool> tell_sender_it_was_recalled(Services& services, spool::PickupRecord pickup);

/// That it was opened (RFC 8098).
net::awaitable<bool> send_receipt(Services& services, spool::PickupRecord pickup, Time opened);

}  // namespace postern::gateway
