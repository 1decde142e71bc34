// What left Microsoft 365 without passing the gateway: Exchange's message trace against our events.
//
//   auto traced = read_message_trace(file);            // Get-MessageTraceV2 | Export-Csv or ConvertTo-Json, or the
//   portal's CSV auto seen = read_seen(events);                     // lines of a sink with format = "json", addresses
//   = "plain" const Coverage c = coverage(*traced, *seen, tenants);
//
// Subjects are in these files, and are not looked at.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "policy/tenant.hpp"

namespace postern::gateway {

struct TracedMail {
  std::string at, message_id, sender, recipient, status;  // as Exchange wrote them
};

/// CSV (UTF-8, or UTF-16 with its mark, as Exchange's long reports are) or JSON; a recipient a row, or several in one
/// field ("a@x.example##Send;b@y.example##Send").
[[nodiscard]] Result<std::vector<TracedMail>> read_message_trace(std::string_view file);

/// Message-ID and recipient, in lower case.
using Seen = std::set<std::pair<std::string, std::string>>;
/// An error where the sink does not write addresses plainly: nothing could be compared.
[[nodiscard]] Result<Seen> read_seen(std::string_view events);

struct Coverage {
  std::size_t outbound = 0;        // from a domain of a tenant, to none, and not failed in Exchange
  std::vector<TracedMail> missed;  // of these, what we never saw
};
[[nodiscard]] Coverage coverage(const std::vector<TracedMail>& traced, const Seen& seen,
                                const std::vector<policy::Tenant>& tenants);

/// For a person; a line for each that was missed.
[[nodiscard]] std::string format_coverage(const Coverage& coverage);

}  // namespace postern::gateway
