// What may happen to this content, for each recipient? And what do we answer?
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "mail/address.hpp"
#include "mail/facts.hpp"
#include "mail/reply.hpp"
#include "mail/verdict.hpp"
#include "policy/rules.hpp"

namespace postern::policy {

struct Sender {
  std::string tenant;
  mail::ReversePath path;  // null sender: rules see header_from
  mail::Address header_from;
  std::vector<std::string> domains;  // of the tenant: what is not below them is "outside"
};

/// One verdict per recipient, in their order. Every matching rule contributes, the strictest wins, so the order of
/// rules and files never changes the outcome. An exemption counts up to and including its date.
/// A message that could not be inspected at all is quarantined unless a rule speaks of uninspectable parts.
[[nodiscard]] std::vector<mail::Verdict> judge(const mail::Facts& facts, const Sender& sender,
                                               const std::vector<mail::Address>& recipients, const Rules& rules,
                                               std::chrono::year_month_day today);

/// What the sender's server hears, and what becomes of refused recipients.
struct Answer {
  mail::Reply reply;
  /// False: nothing is kept (all recipients refused).
  bool keep = true;
  /// Indexes of recipients for whom a failure DSN is due: refused while others were accepted.
  std::vector<std::size_t> bounce;
  /// Indexes of recipients to quarantine instead of refusing: a null sender can be told nothing.
  std::vector<std::size_t> quarantine;
};
[[nodiscard]] Answer answer(const std::vector<mail::Verdict>& verdicts, const mail::ReversePath& from,
                            const QueueId& id);

/// [[test]] tables of the policy files, run through judge with an inspector that the caller brings.
struct PolicyTest {
  std::string name;
  std::string file;
  unsigned line = 0;
  mail::Address from;
  std::vector<mail::Address> to;
  std::string message;  // built from the table: headers and text
  struct Expectation {
    mail::Address recipient;
    mail::Action action;
    std::vector<std::string> rules;  // must have matched; empty: not checked
  };
  std::vector<Expectation> expect;
};
[[nodiscard]] const std::vector<PolicyTest>& tests(const Rules& rules);

}  // namespace postern::policy
