// PICK UP: the portal's rung. Who waits there is put on record first, then the message is deposited, then its recipient
// is told, then it leaves the queue. A crash in between repeats what comes after it: the same links, the same deposit.
//
//   keep_pickups  → deposit → passphrase to the sender, where that is the proof → notice kept → settled
//
// What the rung needs and later happens are of one kind of record: spool/pickup_record.hpp. Who is told what of it:
// pickup_telling.hpp. How it ends: pickup_end.hpp.
#pragma once

#include <vector>

#include "gateway/services.hpp"
#include "mail/outcome.hpp"

namespace postern::gateway {

/// One outcome per recipient, in order: Delivered where it waits in the portal and its notice is in our queue.
net::awaitable<std::vector<mail::Outcome>> leave_for_pickup(Services& services, const spool::MessageRecord& message,
                                                            const std::vector<spool::RecipientRecord>& recipients);

}  // namespace postern::gateway
