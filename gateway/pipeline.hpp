// The story of one message.
//
//   before our answer     take_in    INSPECT → JUDGE → KEEP, then 250 (or why not)
//   later                 judge_late INSPECT → JUDGE of what was kept before it could be inspected in time
//   each recipient group  send_on    ROUTE → PROTECT → DELIVER → SETTLE
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/domain_memory.hpp"
#include "gateway/inspection.hpp"
#include "gateway/services.hpp"
#include "mail/envelope.hpp"
#include "mail/reply.hpp"
#include "policy/congestion.hpp"

namespace postern::gateway {

/// A message whose body has come and whose sender is proven.
struct Arrival {
  mail::Envelope envelope;
  std::unique_ptr<spool::Incoming> incoming;  // finished
  Readable whole;                             // the body, where it is small enough to be in memory still
  std::uint64_t bare_lf_mended = 0;
  std::string dkim_body_hash;  // empty: nobody signs it
};

net::awaitable<mail::Reply> take_in(Services& services, Arrival arrival);

net::awaitable<void> judge_late(Services& services, QueueId id);

/// Recipients of one message that share rung and destination: one transaction. A relay is one destination for all
/// domains.
struct Group {
  std::vector<spool::RecipientRecord> recipients;
};
[[nodiscard]] std::vector<Group> groups_of(const spool::StoredMessage& stored, const std::vector<std::uint32_t>& due);

/// What an attempt showed of its destination.
struct Shown {
  policy::Experience experience = policy::Experience::neutral;
  std::string trouble;  // ours, safe to show
};
net::awaitable<Shown> send_on(Services& services, DomainMemory& memory, spool::MessageRecord message, Group group);

/// Instead of send_on while the destination is left alone: see settle_put_off.
net::awaitable<void> put_off(Services& services, DomainMemory& memory, spool::MessageRecord message, Group group,
                             Time not_before, std::string trouble);

/// Events that belong to no stored message.
net::awaitable<void> record_events(Services& services, std::vector<spool::EventBytes> events);

}  // namespace postern::gateway
