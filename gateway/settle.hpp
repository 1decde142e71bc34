// SETTLE: from the outcomes of an attempt to the next state of each recipient, its events, and what the sender is told.
// Pure: policy::next_step decides, this writes down what follows from it.
#pragma once

#include <optional>
#include <vector>

#include "base/random.hpp"
#include "gateway/config.hpp"
#include "gateway/domain_memory.hpp"
#include "mail/dsn.hpp"
#include "mail/outcome.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

struct Settlement {
  std::vector<spool::RecipientChange> changes;
  std::vector<spool::EventBytes> events;
  std::vector<mail::DsnRecipient> notice;  // whom the sender hears about; empty: nothing to say
};

/// Why an outcome is not what was wanted, in our words; empty for Delivered.
[[nodiscard]] std::string reason_of(const mail::Outcome& outcome);

struct SettleContext {
  const Config& config;
  Time now{};
  DomainMemory& memory;
  Random& random;
};

/// `outcomes` belong to `recipients` one by one where `route` makes a connection; other routes settle by themselves:
/// Hold holds and tells the sender, Refuse bounces, and a rung that this version cannot climb leads to the next.
[[nodiscard]] Settlement settle(const spool::MessageRecord& message,
                                const std::vector<spool::RecipientRecord>& recipients, const mail::Route& route,
                                const std::vector<mail::Outcome>& outcomes, const SettleContext& context);

/// What can never be sealed for these recipients: their next rung.
[[nodiscard]] Settlement settle_unsealable(const spool::MessageRecord& message,
                                           const std::vector<spool::RecipientRecord>& recipients,
                                           const std::string& reason, const SettleContext& context);

/// Mail to a destination that is left alone for a while: it waits as after an attempt that reached nobody, which
/// teaches nothing about TLS. `trouble`: of the last attempt that was made there.
[[nodiscard]] Settlement settle_put_off(const spool::MessageRecord& message,
                                        const std::vector<spool::RecipientRecord>& recipients, Time not_before,
                                        const std::string& trouble, const SettleContext& context);

/// A hold whose time is over: the sender hears that it was not sent.
[[nodiscard]] Settlement settle_expired_hold(const spool::MessageRecord& message,
                                             const spool::RecipientRecord& recipient, Time now);

}  // namespace postern::gateway
