// What an operator's command makes of a recipient. Pure.
//
// Nothing here makes mail less protected: a release from quarantine protects, and a reroute changes the next hop and
// nothing of what the connection to it must prove. Protected mail takes a relay only where the tenant's own route
// attests that the relay goes on protecting it.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "audit/event.hpp"
#include "gateway/recipients.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

enum class QueueAction { hold, release, retry, reroute, remove };

struct QueueChange {
  spool::RecipientChange change;
  std::optional<audit::EventKind> event;  // nothing: it changes the time alone
};
enum class NoChange {
  does_not_apply,  // to a recipient in this state
  denied,          // it would be protected less
};

/// `to`: of a reroute. `envelope`: of the recipient's message.
[[nodiscard]] std::variant<QueueChange, NoChange> queue_change(const Known& known, QueueAction action,
                                                               const mail::Hop& to, const mail::Envelope& envelope,
                                                               const spool::RecipientRecord& recipient, Time now);

/// "mx", "relay.example" or "relay.example:2525"
[[nodiscard]] Result<mail::Hop> parse_hop(const std::string& text);
[[nodiscard]] std::string format_hop(const mail::Hop& hop);

}  // namespace postern::gateway
