// What a mail host, and the domain that it serves, promise about TLS: found by discovery/, judged by
// policy::require_tls.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "mail/evidence.hpp"
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
};

}  // namespace postern::mail
