// What an operator sees of the queue and may do to it. Looking works on any Spool, the read-only one included;
// doing goes through claims, so that it never meets a delivery half-way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "gateway/queue_change.hpp"
#include "gateway/queue_filter.hpp"
#include "gateway/services.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

/// id, sender, size, times and each recipient's state. Envelope only: never content.
[[nodiscard]] boost::json::object queue_entry(const spool::StoredMessage& stored);

struct QueuePage {
  boost::json::array messages;
  QueueId last;            // to go on behind
  std::uint64_t more = 0;  // so many fit besides
};
/// In order of arrival from behind `after`, `limit` at most.
[[nodiscard]] Result<QueuePage> queue_list(spool::Spool& spool, const QueueFilter& filter, QueueId after,
                                           std::size_t limit, Time now);
[[nodiscard]] Result<boost::json::object> queue_show(spool::Spool& spool, const QueueId& id);

struct QueueCommand {
  QueueAction action = QueueAction::retry;
  QueueFilter filter;
  mail::Hop to;     // of a reroute
  std::string who;  // goes into the events
};
struct QueueDone {
  std::uint64_t messages = 0, recipients = 0;
  std::uint64_t busy = 0;    // left alone: they are being delivered at this moment
  std::uint64_t denied = 0;  // left alone: they would be protected less
};
/// To all recipients that fit and that it applies to. After trouble part of it may be done, and can be done again.
net::awaitable<Result<QueueDone>> queue_act(Services& services, QueueCommand command);

}  // namespace postern::gateway
