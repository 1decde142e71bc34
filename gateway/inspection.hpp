// Inspection within a budget of time, for the answer must come while the sender's server waits, and of memory: bodies
// of more than a chunk are in memory while they are read, and together take no more than `Services::being_read`.
#pragma once

#include <memory>
#include <optional>

#include "gateway/services.hpp"
#include "inspect/message.hpp"
#include "mail/facts.hpp"

namespace postern::gateway {

using Readable = std::shared_ptr<const inspect::Message>;

/// Room for a body of `octets` now, or nothing: then the message is judged later. A body that waits for its late
/// verdict goes before.
[[nodiscard]] ByteBudget::Reservation room_now(Services& services, std::uint64_t octets);
/// Once there is.
net::awaitable<ByteBudget::Reservation> room_later(Services& services, std::uint64_t octets);

/// Blocking: every chunk verified. Whoever reads it last gives the room back.
[[nodiscard]] Result<Readable> read_whole(spool::BodyReader& body, std::uint64_t octets, ByteBudget::Reservation room);

/// Facts in time; nothing where the budget passed, waiting for a worker included, or the workers' queue was full
/// (the message is then judged later); an Error where the inspector itself failed.
net::awaitable<Result<std::optional<mail::Facts>>> inspect_within(Services& services, Policy policy, Readable message,
                                                                  Duration budget);

/// Without a budget and for good: an inspector that fails leaves Facts that say so. Nothing where it could not be asked
/// for half a minute: try again later.
net::awaitable<std::optional<mail::Facts>> inspect_patiently(Services& services, Policy policy, Readable message);

}  // namespace postern::gateway
