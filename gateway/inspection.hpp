// Inspection within a budget: the answer must come while the sender's server waits.
#pragma once

#include <optional>
#include <string>

#include "gateway/services.hpp"
#include "mail/facts.hpp"

namespace postern::gateway {

/// Facts in time; nothing where the budget passed, waiting for a worker included, or the workers' queue was full
/// (the message is then judged later); an Error where the inspector itself failed.
net::awaitable<Result<std::optional<mail::Facts>>> inspect_within(Services& services, Policy policy,
                                                                  std::shared_ptr<const std::string> message,
                                                                  Duration budget);

/// Without a budget and for good: an inspector that fails leaves Facts that say so. Nothing where it could not be asked
/// for half a minute: try again later.
net::awaitable<std::optional<mail::Facts>> inspect_patiently(Services& services, Policy policy,
                                                             std::shared_ptr<const std::string> message);

}  // namespace postern::gateway
