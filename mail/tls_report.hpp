// What is counted of TLS sessions with the mail hosts of a domain, for the report that the domain asked for (RFC 8460).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.hpp"

namespace postern::mail {

/// RFC 8460 §4.3
enum class TlsFailureType {
  starttls_not_supported,
  certificate_host_mismatch,
  certificate_expired,
  certificate_not_trusted,
  validation_failure,
  tlsa_invalid,
  dnssec_invalid,
  sts_policy_fetch_error,
};
[[nodiscard]] std::string_view format_tls_failure(TlsFailureType type);  // "starttls-not-supported"

/// What a session was held against, as RFC 8460 §4.4 has it.
struct ReportedPolicy {
  enum class Type { no_policy_found, sts, tlsa } type = Type::no_policy_found;
  std::vector<std::string> strings;  // lines of the MTA-STS policy, or TLSA records
  std::string domain;                // the recipients' domain; for DANE the TLSA base domain (§1.1)
  std::vector<std::string> mx;       // the patterns of the MTA-STS policy
  auto operator<=>(const ReportedPolicy&) const = default;
};

/// Sessions that failed alike are counted together.
struct TlsFailure {
  TlsFailureType type = TlsFailureType::validation_failure;
  std::string sending_ip;    // ours; empty where nobody was connected to
  std::string host;          // receiving-mx-hostname
  std::string receiving_ip;  // empty where nobody was connected to
  std::string reason;        // OpenSSL's or our words; no content, nothing that a peer said
  auto operator<=>(const TlsFailure&) const = default;
};

/// One session, or the attempt at one.
struct ReportedSession {
  ReportedPolicy policy;
  std::optional<TlsFailure> failure;  // nothing: TLS as the policy asks
  bool operator==(const ReportedSession&) const = default;
};

struct TlsCounts {
  std::uint64_t successful = 0;
  std::map<TlsFailure, std::uint64_t> failed;
  [[nodiscard]] std::uint64_t failures() const;
  bool operator==(const TlsCounts&) const = default;
};
/// Of one domain and one day.
using TlsTally = std::map<ReportedPolicy, TlsCounts>;

void encode(Writer& out, const TlsTally& tally);
[[nodiscard]] TlsTally decode_tls_tally(Reader& in);

}  // namespace postern::mail
