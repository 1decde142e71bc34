// PICK UP: the portal's rung. Who waits there is put on record first, then the message is deposited, then its recipient
// is told, then it leaves the queue. A crash in between repeats what comes after it: the same links, the same deposit.
//
//   keep_pickups  → deposit → passphrase to the sender, where that is the proof → notice kept → settled
//
// What the rung needs and later happens are of one kind of record: spool/pickup_record.hpp.
#pragma once

#include <vector>

#include "audit/event.hpp"
#include "gateway/services.hpp"
#include "mail/outcome.hpp"

namespace postern::gateway {

/// One outcome per recipient, in order: Delivered where it waits in the portal and its notice is in our queue.
net::awaitable<std::vector<mail::Outcome>> leave_for_pickup(Services& services, const spool::MessageRecord& message,
                                                            const std::vector<spool::RecipientRecord>& recipients);

/// Is it the notice of a pick-up, or the mail that tells its sender the passphrase?
[[nodiscard]] bool is_pickup_notice(const spool::MessageRecord& message);
/// Its recipient, or its sender, cannot be told: the message is taken out of the portal, and its sender hears of it.
/// False where that could not be kept, and has to be tried again.
net::awaitable<bool> pickup_notice_failed(Services& services, QueueId notice, std::string reason);

/// The same where another server took the notice, and it came back. False as above.
net::awaitable<bool> pickup_notice_came_back(Services& services, std::string lookup, std::string reason);

/// Tells its recipient, once more where that was done before: the same link, another notice.
net::awaitable<bool> notify_of_pickup(Services& services, spool::PickupRecord pickup, bool again = false);
/// Once, before it expires.
net::awaitable<bool> remind_of_pickup(Services& services, spool::PickupRecord pickup);
/// Its sender hears that it was opened (RFC 8098).
net::awaitable<bool> send_receipt(Services& services, spool::PickupRecord pickup, Time opened);

/// They have written to the address that takes it back, and are told that it was.
net::awaitable<Result<void>> recall_by_sender(Services& services, spool::PickupRecord pickup);

/// It waits until then, with an event; never less long than before.
net::awaitable<Result<void>> extend_pickup(Services& services, spool::PickupRecord pickup, Time until);

/// Tells the sender the passphrase of those that have one, as far as it is kept: one mail for each deposit.
net::awaitable<bool> tell_passphrases(Services& services, std::vector<const spool::PickupRecord*> pickups);

/// The code that whoever has the link asked for.
net::awaitable<bool> send_code(Services& services, spool::PickupRecord pickup, std::string code);

/// Out of the portal and off our records, with an event of this kind. Where it is to be told, its sender is.
net::awaitable<Result<void>> end_pickup(Services& services, spool::PickupRecord pickup, audit::EventKind kind,
                                        std::string reason, bool tell_sender);

/// What is known of a pick-up, for the ledger.
[[nodiscard]] audit::Event event_of_pickup(audit::EventKind kind, Time at, const spool::PickupRecord& pickup);

}  // namespace postern::gateway
