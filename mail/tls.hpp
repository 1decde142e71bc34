// How secure must a connection be, how secure is it, and does the one meet the other.
//
// Requirements combine by `meet`: the stricter of each part. Two requirements that cannot both hold give an invalid
// one, and an invalid requirement meets nothing: mail under it does not leave.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.hpp"
#include "mail/tlsa.hpp"

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

/// A set that is empty demands nothing.
struct TlsRequirement {
  TlsLevel level = TlsLevel::none;
  TlsVersion version = TlsVersion::tls1_2;  // least; counts from `encrypted` up
  std::set<std::string> names;              // one of these must be in the certificate; counts from `verified` up
  std::set<std::string> pins;    // one must match: "certificate:sha256:<hex>", "key:…" or "authority:…" (of the chain)
  std::set<std::string> groups;  // the key exchange must use one of them; normal form: normal_group
  bool valid = true;
  bool requiretls = false;  // the host must take it over: it announces REQUIRETLS inside TLS (RFC 8689)

  // Of one attempt, from what discovery found about its host; not stored.
  std::set<TlsaRecord> tlsa;         // DANE: one must match
  std::string tlsa_base;             // the TLSA base domain
  std::set<std::string> tlsa_names;  // beside it, whom a certificate under DANE-TA(2) may name
  std::string sts_host;   // MTA-STS: a host that the domain's policy allows; the certificate must name it too
  bool promised = false;  // the host or domain promises TLS: where it fails, it is an outage or an attack

  bool operator==(const TlsRequirement&) const = default;
  [[nodiscard]] static TlsRequirement at(TlsLevel level) {
    TlsRequirement requirement;
    requirement.level = level;
    return requirement;
  }
  [[nodiscard]] static TlsRequirement invalid();
};

/// The stricter of each part: what meets the result meets both. Commutative, associative, idempotent; `invalid`
/// absorbs.
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
  // Of the live connection only; not stored.
  std::string key_fingerprint = {};        // of its public key (SubjectPublicKeyInfo)
  std::set<std::string> authorities = {};  // fingerprints above the certificate, where chain_valid
  std::set<std::string> vouched_by = {};   // of the tenants' own authorities, those that the certificate chains up to
  std::optional<TlsaRecord> tlsa = {};     // DANE: the record that matched, of those that the handshake was given
  std::string dane_error = {};             // why none did
  bool requiretls = false;                 // the host announced REQUIRETLS inside this TLS (RFC 8689 §2)

  [[nodiscard]] bool encrypted() const { return version != TlsVersion::none; }
  bool operator==(const TlsFacts&) const = default;
};

/// Empty where `facts` satisfy `requirement`, else the first reason why not, for the log: "the certificate is for
/// mx2.example, not mx1.example". A certificate that DANE matched stands above one with a trusted chain (RFC 7672
/// §3.1.1). Level `mta_sts` is met by a host that the domain's policy allows, with a trusted certificate for it, and by
/// DANE.
[[nodiscard]] std::string unmet(const TlsRequirement& requirement, const TlsFacts& facts);
[[nodiscard]] inline bool meets(const TlsRequirement& requirement, const TlsFacts& facts) {
  return unmet(requirement, facts).empty();
}

/// The highest level that `facts` reach for mail to `domain` by way of `host`. `by_policy`: the domain enforces
/// MTA-STS, and its policy allows the host.
[[nodiscard]] TlsLevel reached(const TlsFacts& facts, const std::string& host, const std::string& domain,
                               bool by_policy = false);

/// "prime256v1", "P-256" and "secp256r1" are one group: "P-256"; "x25519" is "X25519".
[[nodiscard]] std::string normal_group(std::string_view group);
/// "certificate:sha256:ab…", with the colons of `openssl x509 -fingerprint` and capitals or without. Errc::invalid:
/// what one looks like.
[[nodiscard]] Result<std::string> parse_pin(std::string_view text);

/// RFC 6125 §6.4.3: "*" only as the whole left-most label. Case is ignored.
[[nodiscard]] bool certificate_name_matches(std::string_view pattern, std::string_view host);
/// Is one of the certificate's `names` the host's?
[[nodiscard]] bool certificate_names(const std::vector<std::string>& names, std::string_view host);

void encode(Writer& out, const TlsRequirement& requirement);
/// The form in which requirements are written; earlier ones are read. 5: requiretls.
inline constexpr std::uint64_t tls_requirement_version = 5;
[[nodiscard]] TlsRequirement decode_tls_requirement(Reader& in, std::uint64_t version = tls_requirement_version);
void encode(Writer& out, const TlsFacts& facts);
[[nodiscard]] TlsFacts decode_tls_facts(Reader& in);

}  // namespace postern::mail
