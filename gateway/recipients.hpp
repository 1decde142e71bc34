// From a verdict to the record of a recipient: the ladder that applies and the state in which it begins. Pure.
#pragma once

#include <memory>

#include "crypto/key_store.hpp"
#include "gateway/config.hpp"
#include "mail/capabilities.hpp"
#include "spool/records.hpp"

namespace postern::gateway {

/// What is known at acceptance, without asking anybody.
struct Known {
  const Config& config;
  std::shared_ptr<const crypto::KeyIndex> keys;  // null: no recipient has a key
};

/// The tenant's hop, whether the recipient has keys or somebody is to be asked for them when it is their rung's turn,
/// and whether the tenant's mail may be picked up in the portal.
[[nodiscard]] mail::Capabilities known_capabilities(const Known& known, const std::string& tenant,
                                                    const mail::Address& recipient, Time now);

/// `requiretls`: the sender asked for it (RFC 8689).
[[nodiscard]] spool::RecipientRecord judged_record(const Known& known, const std::string& tenant, bool requiretls,
                                                   std::uint32_t index, const mail::Address& address,
                                                   mail::Verdict verdict, Time now);

/// Waits for inspection.
[[nodiscard]] spool::RecipientRecord unjudged_record(std::uint32_t index, const mail::Address& address);

/// Out of the hold: the ladder again, from its first rung. What was held for its content leaves protected, whatever
/// the rules would have said of it otherwise: a release never lowers the floor.
[[nodiscard]] spool::RecipientRecord released_record(const Known& known, const std::string& tenant, bool requiretls,
                                                     spool::RecipientRecord held, Time now);

}  // namespace postern::gateway
