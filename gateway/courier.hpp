// DELIVER: one message to the hosts of one destination, until each recipient has an outcome or the hosts are used up.
#pragma once

#include <vector>

#include "gateway/services.hpp"
#include "mail/outcome.hpp"
#include "mail/route.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

/// `route`: one that ends in an SMTP session; on a sealed rung all recipients have the same rendition. `made`: that
/// one, where it is on no record yet; it is, before a final dot. One outcome per recipient, in order. Never throws for
/// what the network does.
net::awaitable<std::vector<mail::Outcome>> deliver(Services& services, const spool::MessageRecord& message,
                                                   const std::vector<spool::RecipientRecord>& recipients,
                                                   const mail::Route& route, spool::Made made = {});

}  // namespace postern::gateway
