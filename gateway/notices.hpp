// What the sender is told: a DSN is a message of its own, kept in the spool like any other, with the null reverse-path,
// and it leaves by the tenant's return route.
#pragma once

#include <vector>

#include "gateway/services.hpp"
#include "mail/dsn.hpp"

namespace postern::gateway {

/// False where the notice could not be kept; nothing was done then. True at once where there is nobody to tell:
/// mail with the null reverse-path gets no DSN (RFC 5321 §6.1).
net::awaitable<bool> notify_sender(Services& services, const spool::MessageRecord& about,
                                   std::vector<mail::DsnRecipient> recipients);

/// After trouble of our own: the recipients become due again, a little later.
net::awaitable<void> give_back(Services& services, QueueId id, std::vector<spool::RecipientRecord> recipients);

}  // namespace postern::gateway
