// From records and outcomes to audit events: the one place that decides what a log line may know.
#pragma once

#include <string>

#include "audit/event.hpp"
#include "mail/outcome.hpp"
#include "spool/records.hpp"

namespace postern::gateway {

/// What is known of a recipient's message whatever happened.
[[nodiscard]] audit::Event event_about(audit::EventKind kind, Time at, const spool::MessageRecord& message,
                                       const spool::RecipientRecord& recipient);
/// + host, TLS, codes and our reason from an attempt.
void add_evidence(mail::Outcome& outcome, const std::vector<mail::Evidence>& more);
void add_outcome(audit::Event& event, const mail::Outcome& outcome);

/// Refused at the door: there may be no message yet.
[[nodiscard]] audit::Event event_rejected(Time at, const mail::Peer& peer, const std::string& tenant,
                                          const mail::ReversePath& from, const std::string& reason,
                                          const mail::Reply& reply);

[[nodiscard]] std::string join(const std::vector<std::string>& words, std::string_view between);

}  // namespace postern::gateway
