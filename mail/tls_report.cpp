#include "mail/tls_report.hpp"

#include <array>
#include <numeric>

namespace postern::mail {
namespace {

constexpr std::size_t longest_text = 4096, most_texts = 10'000;

void encode(Writer& out, const ReportedPolicy& policy) {
  out.enumerator(policy.type);
  out.texts(policy.strings);
  out.bytes(policy.domain);
  out.texts(policy.mx);
}

ReportedPolicy decode_policy(Reader& in) {
  ReportedPolicy policy;
  policy.type = in.enumerator(ReportedPolicy::Type::tlsa);
  policy.strings = in.texts<std::vector<std::string>>(most_texts, longest_text);
  policy.domain = in.bytes(longest_text);
  policy.mx = in.texts<std::vector<std::string>>(most_texts, longest_text);
  return policy;
}

void encode(Writer& out, const TlsFailure& failure) {
  out.enumerator(failure.type);
  out.bytes(failure.sending_ip);
  out.bytes(failure.host);
  out.bytes(failure.receiving_ip);
  out.bytes(failure.reason);
}

TlsFailure decode_failure(Reader& in) {
  TlsFailure failure;
  failure.type = in.enumerator(TlsFailureType::sts_policy_fetch_error);
  failure.sending_ip = in.bytes(longest_text);
  failure.host = in.bytes(longest_text);
  failure.receiving_ip = in.bytes(longest_text);
  failure.reason = in.bytes(longest_text);
  return failure;
}

}  // namespace

std::string_view format_tls_failure(TlsFailureType type) {
  constexpr std::array<std::string_view, 8> names = {"starttls-not-supported", "certificate-host-mismatch",
                                                     "certificate-expired",    "certificate-not-trusted",
                                                     "validation-failure",     "tlsa-invalid",
                                                     "dnssec-invalid",         "sts-policy-fetch-error"};
  return names.at(static_cast<std::size_t>(type));
}

std::uint64_t TlsCounts::failures() const {
  return std::accumulate(failed.begin(), failed.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

void encode(Writer& out, const TlsTally& tally) {
  out.u64(tally.size());
  for (const auto& [policy, counts] : tally) {
    encode(out, policy);
    out.u64(counts.successful);
    out.u64(counts.failed.size());
    for (const auto& [failure, count] : counts.failed) {
      encode(out, failure);
      out.u64(count);
    }
  }
}

TlsTally decode_tls_tally(Reader& in) {
  TlsTally tally;
  for (std::size_t left = in.count(most_texts); left > 0 && in.ok(); --left) {
    TlsCounts& counts = tally[decode_policy(in)];
    counts.successful = in.u64();
    for (std::size_t kinds = in.count(most_texts); kinds > 0 && in.ok(); --kinds) {
      const TlsFailure failure = decode_failure(in);
      counts.failed[failure] = in.u64();
    }
  }
  return tally;
}

}  // namespace postern::mail
