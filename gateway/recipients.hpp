// From a verdict to the record of a recipient: the ladder that applies and the state in which it begins. Pure.
#pragma once

#include "gateway/config.hpp"
#include "mail/capabilities.hpp"
#include "spool/records.hpp"

namespace postern::gateway {

/// What is known at acceptance: the tenant's hop. Keys and the portal come with later rooms.
[[nodiscard]] mail::Capabilities known_capabilities(const Config& config, const std::string& tenant, Time now);

[[nodiscard]] spool::RecipientRecord judged_record(const Config& config, const std::string& tenant, std::uint32_t index,
                                                   const mail::Address& address, mail::Verdict verdict, Time now);

/// Waits for inspection.
[[nodiscard]] spool::RecipientRecord unjudged_record(std::uint32_t index, const mail::Address& address);

/// Out of the hold: the ladder again, from its first rung. What was held for its content leaves protected, whatever
/// the rules would have said of it otherwise: a release never lowers the floor.
[[nodiscard]] spool::RecipientRecord released_record(const Config& config, const std::string& tenant,
                                                     spool::RecipientRecord held, Time now);

}  // namespace postern::gateway
