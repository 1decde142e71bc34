// Recipients with a password of their own in the portal: what waits for them is sealed for their account there, which
// posternd names and the portal knows. posternd keeps none of it but, with each pick-up, what it was sealed for.
#pragma once

#include <string>

#include "gateway/services.hpp"
#include "mail/address.hpp"

namespace postern::gateway {

/// The same for each message of a tenant to this mailbox. It tells nobody who that is.
[[nodiscard]] std::string account_name(const Services& services, const spool::PickupRecord& pickup);

/// What those are to be sealed for whose proof is a password, as the portal has it now.
net::awaitable<Result<void>> find_accounts(Services& services, std::vector<spool::PickupRecord>& pickups);

/// Whoever had forgotten their password has another one: they are told, and what waits for the one before can be opened
/// no more, so it ends, and its senders are told. False where that has to be tried again.
net::awaitable<bool> password_was_reset(Services& services, spool::PickupRecord at);

}  // namespace postern::gateway
