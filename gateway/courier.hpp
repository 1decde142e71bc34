// DELIVER: one message to the hosts of one destination, until each recipient has an outcome or the hosts are used up.
#pragma once

#include <vector>

#include "gateway/services.hpp"
#include "mail/outcome.hpp"
#include "mail/route.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

/// One outcome per recipient, in order. Never throws for what the network does.
net::awaitable<std::vector<mail::Outcome>> deliver(Services& services, const spool::MessageRecord& message,
                                                   const std::vector<spool::RecipientRecord>& recipients,
                                                   const mail::TlsRelay& route);

}  // namespace postern::gateway
