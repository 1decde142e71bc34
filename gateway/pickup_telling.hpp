// Who is told what of a pick-up: its recipient, in the tenant's name, that it waits and the code; its sender the
// passphrase, where that is the proof. Each mail is on record before it is in the queue: one that fails at once is
// known for what it is.
#pragma once

#include <functional>
#include <vector>

#include "gateway/services.hpp"

namespace postern::gateway {

/// Pick-ups of one deposit, or that are told of together.
using Together = std::vector<const spool::PickupRecord*>;

/// Tells its recipient, once more where that was done before: the same link, another notice.
net::awaitable<bool> notify_of_pickup(Services& services, spool::PickupRecord pickup, bool again = false);
/// Once, before it expires.
net::awaitable<bool> remind_of_pickup(Services& services, spool::PickupRecord pickup);
/// The code that whoever has the link asked for.
net::awaitable<bool> send_code(Services& services, spool::PickupRecord pickup, std::string code);
/// That they have another password: somebody else may have chosen it.
net::awaitable<bool> tell_password_was_reset(Services& services, spool::PickupRecord pickup);

/// Those whose recipients still have to be told their passphrase by the sender.
[[nodiscard]] Together with_passphrase(const Together& pickups);
/// Tells the sender the passphrase of those that have one, as far as it is kept: one mail for each deposit.
net::awaitable<bool> tell_passphrases(Services& services, Together pickups);

/// Is it the notice of a pick-up, or the mail that tells its sender the passphrase?
[[nodiscard]] bool is_pickup_notice(const spool::MessageRecord& message);

/// With these events, together.
net::awaitable<Result<void>> change_pickup(Services& services, const std::string& lookup, spool::ChangePickup how,
                                           std::vector<spool::EventBytes> events = {});

}  // namespace postern::gateway
