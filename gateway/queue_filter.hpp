// Which of the mail that is kept: what an operator says to `postern queue`. Everything that is said must fit. Pure.
#pragma once

#include <optional>
#include <string>

#include <boost/json.hpp>

#include "spool/records.hpp"

namespace postern::gateway {

struct QueueFilter {
  std::string id;           // a queue id
  std::string tenant;       // whose mail
  std::string sender;       // an address, "@domain", or "<>" for the null sender
  std::string recipient;    // an address, a domain, or ".domain" for all below it
  std::string destination;  // where the next attempt goes: a domain, or a relay as host:port
  std::string state;        // queued, held, unjudged
  std::optional<Duration> older_than;

  /// Nothing was said: all of it.
  [[nodiscard]] bool open() const;
};

/// Of a request's members of the same names; "older_than" in seconds. Errc::invalid names the member.
[[nodiscard]] Result<QueueFilter> parse_filter(const boost::json::object& request);
[[nodiscard]] boost::json::object format_filter(const QueueFilter& filter);

[[nodiscard]] bool fits(const QueueFilter& filter, const spool::MessageRecord& message, Time now);
[[nodiscard]] bool fits(const QueueFilter& filter, const spool::RecipientRecord& recipient);

/// "queued", "held", "unjudged"
[[nodiscard]] std::string_view state_name(const spool::RecipientState& state);

}  // namespace postern::gateway
