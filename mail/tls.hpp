// How secure must a connection be, how secure is it, and does the one meet the other.
//
// Requirements combine by `meet`: the stricter of each part. Two requirements that cannot both hold give an invalid
// one, and an invalid requirement meets nothing: mail under it does not leave.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.hpp"

namespace postern::mail {

/// Ordered: a later one is stricter.
enum class TlsLevel {
  none,           // cleartext is fine
  opportunistic,  // TLS where it works, cleartext otherwise
  encrypted,      // TLS, whoever answers
  verified,       // + a chain to a trusted root, and the name of the MX host
  secure,         // + the name of the recipient's domain or a configured one, not the MX's
  mta_sts,        // RFC 8461 enforce
  dane,           // RFC 7672
};
enum class TlsVersion { none, tls1_0, tls1_1, tls1_2, tls1_3 };

[[nodiscard]] std::string_view format_tls_level(TlsLevel level);        // "mta-sts"
[[nodiscard]] std::string_view format_tls_version(TlsVersion version);  // "1.2"; "" for none

struct TlsRequirement {
  TlsLevel level = TlsLevel::none;
  TlsVersion version = TlsVersion::tls1_2;  // least; counts from `encrypted` up
  std::vector<std::string> names;           // one of these must be in the certificate; counts from `verified` up
  std::vector<std::string> pins;            // "sha256:<hex of the certificate>"; if any, one must match
  std::string group;                        // if set, the key exchange must use it
  bool valid = true;

  bool operator==(const TlsRequirement&) const = default;
  [[nodiscard]] static TlsRequirement at(TlsLevel level) {
    TlsRequirement requirement;
    requirement.level = level;
    return requirement;
  }
  [[nodiscard]] static TlsRequirement invalid();
};

[[nodiscard]] TlsRequirement meet(const TlsRequirement& a, const TlsRequirement& b);

/// What is true of one live connection.
struct TlsFacts {
  TlsVersion version = TlsVersion::none;  // none: cleartext
  std::string cipher;                     // "TLS_AES_256_GCM_SHA384"
  std::string group;                      // "X25519"
  bool chain_valid = false;               // to a trusted root, in time
  std::string chain_error;                // why not, OpenSSL's words
  std::vector<std::string> names;         // DNS names of the certificate (subjectAltName only), lower case
  std::string fingerprint;                // "sha256:<hex>"; empty: no certificate

  [[nodiscard]] bool encrypted() const { return version != TlsVersion::none; }
  bool operator==(const TlsFacts&) const = default;
};

/// Empty where `facts` satisfy `requirement`, else the first reason why not, for the log: "the certificate is for
/// mx2.example, not mx1.example". Levels `mta_sts` and `dane` are never met here until discovery brings their evidence.
[[nodiscard]] std::string unmet(const TlsRequirement& requirement, const TlsFacts& facts);
[[nodiscard]] inline bool meets(const TlsRequirement& requirement, const TlsFacts& facts) {
  return unmet(requirement, facts).empty();
}

/// RFC 6125 §6.4.3: "*" only as the whole left-most label. Case is ignored.
[[nodiscard]] bool certificate_name_matches(std::string_view pattern, std::string_view host);

void encode(Writer& out, const TlsRequirement& requirement);
[[nodiscard]] TlsRequirement decode_tls_requirement(Reader& in);
void encode(Writer& out, const TlsFacts& facts);
[[nodiscard]] TlsFacts decode_tls_facts(Reader& in);

}  // namespace postern::mail
