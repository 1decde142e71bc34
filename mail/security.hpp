// What a mail host, and the domain that it serves, promise about TLS: found by discovery/, judged by
// policy::require_tls.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "mail/evidence.hpp"
#include "mail/sts.hpp"
#include "mail/tlsa.hpp"

namespace postern::mail {

/// RFC 7672 §2.2: four different ends of the question whether a host does DANE.
enum class DaneState {
  absent,    // proven or not provable otherwise: the host promises nothing
  usable,    // `records` must match
  unusable,  // there are records and none can be matched: TLS without authentication is promised
  failed,    // a look-up failed, which an attacker can cause: the host must not be used
};
[[nodiscard]] std::string_view format_dane_state(DaneState state);

struct Dane {
  DaneState state = DaneState::absent;
  std::string base;              // the TLSA base domain: "mx1.lab.example"
  std::set<TlsaRecord> records;  // the usable ones
  std::set<std::string> names;   // beside `base`, what a certificate under DANE-TA(2) may be for (RFC 7672 §3.2.2)
  std::string reason;            // for all states but `usable`: why, in our words
};

/// Of one host. A part that was not looked up promises nothing.
struct HostSecurity {
  std::string host;
  Dane dane;
  std::vector<Evidence> evidence;
  bool name_secure = false;  // DNSSEC says that it serves the domain, or the administrator does
};

enum class StsState {
  absent,     // the domain has no MTA-STS
  unfetched,  // it has, and the policy cannot be had: RFC 8461 §3.3 says to go on as if there were none
  known,      // `policy` is in force
  failed,     // whether there is one could not be looked up, which an attacker can cause: no mail leaves
};
[[nodiscard]] std::string_view format_sts_state(StsState state);

/// RFC 8461: of all hosts of a domain.
struct Sts {
  StsState state = StsState::absent;
  StsPolicy policy;
  std::string id;      // of the TXT record that the policy came with
  Time expires{};      // the end of its max_age
  std::string reason;  // for all states but `known`: why, in our words

  [[nodiscard]] bool enforced() const { return state == StsState::known && policy.mode == StsMode::enforce; }
  [[nodiscard]] bool tested() const { return state == StsState::known && policy.mode == StsMode::testing; }
};

/// Of a recipient's domain, whatever the host.
struct DomainSecurity {
  Sts sts;
  std::vector<Evidence> evidence;
};

/// "enforce, mx1.lab.example *.lab.example, 604800 s"
[[nodiscard]] std::string format_sts_policy(const StsPolicy& policy);

}  // namespace postern::mail
