// How we know: what was looked up or read, what it said, who said so and when. Evidence travels with what was decided
// from it: in capabilities, outcomes, events, `postern explain` and `postern probe`. Names and addresses of hosts only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"

namespace postern::mail {

/// Four different answers of the DNS, the weakest first: only `secure` is proven, only `secure` and `insecure` are
/// answers.
enum class DnsStatus {
  failed,    // no answer, or SERVFAIL: nothing is known
  bogus,     // signed, and the signatures do not hold
  insecure,  // an answer that nobody proved
  secure,    // DNSSEC-validated by a resolver that we trust
};
[[nodiscard]] std::string_view format_dns_status(DnsStatus status);

/// One look-up. "MX lab.example: 10 mx1.lab.example (secure, 300 s, 127.0.0.1:53)"
struct DnsEvidence {
  std::string owner;  // the name that was asked for
  std::string type;   // "MX", "TLSA"
  DnsStatus status = DnsStatus::failed;
  std::string answer;  // the records, "none", "no such name", or why it failed
  std::uint32_t ttl = 0;
  std::string resolver;
  Time at{};
  bool operator==(const DnsEvidence&) const = default;
};

/// What the configuration says.
struct ConfiguredEvidence {
  std::string what, answer;  // "route of tenant clinic", "relay.example"
  Time at{};
  bool operator==(const ConfiguredEvidence&) const = default;
};

/// What a domain publishes elsewhere than in the DNS, read or kept from an earlier time. "MTA-STS of lab.example:
/// enforce, mx1.lab.example (https://mta-sts.lab.example/.well-known/mta-sts.txt, 192.0.2.1:443)"
struct PublishedEvidence {
  std::string what, answer, source;
  Time at{};
  bool operator==(const PublishedEvidence&) const = default;
};

using Evidence = std::variant<DnsEvidence, ConfiguredEvidence, PublishedEvidence>;

/// One line for people and logs.
[[nodiscard]] std::string format_evidence(const Evidence& evidence);

}  // namespace postern::mail
