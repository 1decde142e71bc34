// What the sender of a message that waits in the portal can ask for by mail, by writing to an address that they were
// told (portal.tell_sender): that it is taken back, waits longer, or that its recipient is told once more. Each is good
// once. What they write is read by nobody.
#pragma once

#include "crypto/token_address.hpp"
#include "gateway/services.hpp"
#include "mail/headers.hpp"
#include "mail/reply.hpp"

namespace postern::gateway {

struct SenderCommand {
  crypto::TokenUse use;
  spool::PickupRecord pickup;
};
[[nodiscard]] bool is_command(crypto::TokenUse use);

/// Whoever wrote the message, and nobody else of the tenant: by envelope and by From.
[[nodiscard]] bool may_command(const spool::PickupRecord& pickup, const mail::ReversePath& from,
                               const mail::HeaderView& headers);

net::awaitable<mail::Reply> obey(Services& services, SenderCommand command);

}  // namespace postern::gateway
