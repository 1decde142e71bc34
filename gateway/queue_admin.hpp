// What an operator sees of the queue and may do to it. Looking works on any Spool, the read-only one included;
// doing goes through claims, so that it never meets a delivery half-way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "gateway/services.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

/// id, sender, size, times and each recipient's state. Envelope only: never content.
[[nodiscard]] boost::json::object queue_entry(const spool::StoredMessage& stored);

/// In order of arrival. `state`: "queued", "held", "unjudged", or empty for all.
[[nodiscard]] Result<boost::json::array> queue_list(spool::Spool& spool, const std::string& state, std::size_t limit);
[[nodiscard]] Result<boost::json::object> queue_show(spool::Spool& spool, const QueueId& id);

enum class QueueAction { release, retry, remove };

/// Applies to all recipients of the message for which it makes sense; gives how many. `operator_name` goes into the
/// event.
net::awaitable<Result<unsigned>> queue_act(Services& services, QueueAction action, QueueId id,
                                           std::string operator_name);

}  // namespace postern::gateway
