#include "mail/tls.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::mail {
namespace {

/// Empty means "no constraint"; two constraints must leave something. False where they leave nothing.
template <class T>
bool intersect(const std::set<T>& a, const std::set<T>& b, std::set<T>& both) {
  if (a.empty() || b.empty()) {
    both = a.empty() ? b : a;
    return true;
  }
  std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
  return !both.empty();
}

bool names_agree(const std::set<std::string>& wanted, const std::vector<std::string>& in_certificate) {
  return std::ranges::any_of(wanted, [&](const std::string& host) { return certificate_names(in_certificate, host); });
}

bool pin_matches(const std::string& pin, const TlsFacts& facts) {
  const std::size_t colon = pin.find(':');
  const std::string kind = pin.substr(0, colon), digest = pin.substr(std::min(colon, pin.size() - 1) + 1);
  if (kind == "certificate") return digest == facts.fingerprint;
  if (kind == "key") return digest == facts.key_fingerprint;
  return kind == "authority" && facts.authorities.contains(digest);
}

std::string unmet_dane(const TlsRequirement& requirement, const TlsFacts& facts) {
  if (requirement.tlsa.empty()) return "the level needs DANE, and the host has no usable TLSA records";
  if (facts.tlsa && requirement.tlsa.contains(*facts.tlsa)) return "";
  return "the certificate does not match the TLSA records" + (facts.dane_error.empty() ? "" : ": " + facts.dane_error);
}

/// From `verified` up: who is it?
std::string unmet_identity(const TlsRequirement& requirement, const TlsFacts& facts) {
  const bool by_dane = facts.tlsa.has_value();
  if (requirement.level == TlsLevel::mta_sts && !by_dane && requirement.sts_host.empty()) {
    return "the level needs an MTA-STS policy that is enforced, and the domain has none";
  }
  if (requirement.level > TlsLevel::mta_sts && !by_dane) return "the level needs evidence that was not found";
  if (!by_dane && !facts.chain_valid) {
    return "the certificate is not trusted" + (facts.chain_error.empty() ? "" : ": " + facts.chain_error);
  }
  // RFC 8461 §4.1: beside the pattern that allowed the host, the certificate must be for it.
  if (!by_dane && !requirement.sts_host.empty() && !names_agree({requirement.sts_host}, facts.names)) {
    return "the certificate is not for " + requirement.sts_host;
  }
  if (requirement.names.empty()) {
    return by_dane && !requirement.tlsa.empty() ? "" : "there is no name to check the certificate against";
  }
  if (!names_agree(requirement.names, facts.names)) {
    return "the certificate is not for " + *requirement.names.begin();
  }
  return "";
}

constexpr std::size_t most_names = 1000, longest_name = 4096;

}  // namespace

std::string_view format_tls_level(TlsLevel level) {
  switch (level) {
    case TlsLevel::none: return "none";
    case TlsLevel::opportunistic: return "opportunistic";
    case TlsLevel::encrypted: return "encrypted";
    case TlsLevel::verified: return "verified";
    case TlsLevel::secure: return "secure";
    case TlsLevel::mta_sts: return "mta-sts";
    case TlsLevel::dane: return "dane";
  }
  return "";
}

std::string_view format_tls_version(TlsVersion version) {
  switch (version) {
    case TlsVersion::none: return "";
    case TlsVersion::tls1_0: return "1.0";
    case TlsVersion::tls1_1: return "1.1";
    case TlsVersion::tls1_2: return "1.2";
    case TlsVersion::tls1_3: return "1.3";
  }
  return "";
}

TlsRequirement TlsRequirement::invalid() {
  TlsRequirement requirement;
  requirement.level = TlsLevel::dane;
  requirement.valid = false;
  return requirement;
}

TlsRequirement meet(const TlsRequirement& a, const TlsRequirement& b) {
  if (!a.valid || !b.valid) return TlsRequirement::invalid();
  TlsRequirement both;
  both.level = std::max(a.level, b.level);
  both.version = std::max(a.version, b.version);
  both.promised = a.promised || b.promised;
  both.requiretls = a.requiretls || b.requiretls;
  bool agree = intersect(a.names, b.names, both.names);
  agree &= intersect(a.pins, b.pins, both.pins);
  agree &= intersect(a.groups, b.groups, both.groups);
  agree &= intersect(a.tlsa, b.tlsa, both.tlsa);
  agree &= a.tlsa_base.empty() || b.tlsa_base.empty() || a.tlsa_base == b.tlsa_base;
  both.tlsa_base = a.tlsa_base.empty() ? b.tlsa_base : a.tlsa_base;
  agree &= intersect(a.tlsa_names, b.tlsa_names, both.tlsa_names);
  agree &= a.sts_host.empty() || b.sts_host.empty() || a.sts_host == b.sts_host;
  both.sts_host = a.sts_host.empty() ? b.sts_host : a.sts_host;
  return agree ? both : TlsRequirement::invalid();
}

std::string unmet(const TlsRequirement& requirement, const TlsFacts& facts) {
  if (!requirement.valid) return "two rules demand what cannot both hold";
  const bool demands_nothing = requirement.level <= TlsLevel::opportunistic && requirement.pins.empty() &&
                               requirement.groups.empty() && requirement.tlsa.empty() && !requirement.requiretls;
  if (demands_nothing) return "";
  if (!facts.encrypted()) return "the connection is not encrypted";
  if (facts.version < requirement.version) {
    return "TLS " + std::string(format_tls_version(facts.version)) + " is older than the TLS " +
           std::string(format_tls_version(requirement.version)) + " that is required";
  }
  if (!requirement.groups.empty() && !requirement.groups.contains(normal_group(facts.group))) {
    return "the key exchange did not use " + *requirement.groups.begin();
  }
  const auto matches = [&](const std::string& pin) { return pin_matches(pin, facts); };
  if (!requirement.pins.empty() && std::ranges::none_of(requirement.pins, matches)) {
    return "the certificate is not one of those that are pinned";
  }
  if (!requirement.tlsa.empty() || requirement.level == TlsLevel::dane) {
    if (std::string why = unmet_dane(requirement, facts); !why.empty()) return why;
  }
  if (requirement.level >= TlsLevel::verified) {
    if (std::string why = unmet_identity(requirement, facts); !why.empty()) return why;
  }
  // RFC 8689 §4.2.1: last, since only what an authenticated host announces means anything.
  return requirement.requiretls && !facts.requiretls ? "the server does not offer REQUIRETLS" : "";
}

TlsLevel reached(const TlsFacts& facts, const std::string& host, const std::string& domain, bool by_policy) {
  if (!facts.encrypted()) return TlsLevel::none;
  if (facts.tlsa) return TlsLevel::dane;
  if (!facts.chain_valid) return TlsLevel::encrypted;
  if (by_policy && names_agree({host}, facts.names)) return TlsLevel::mta_sts;
  if (names_agree({domain}, facts.names)) return TlsLevel::secure;
  return names_agree({host}, facts.names) ? TlsLevel::verified : TlsLevel::encrypted;
}

std::string normal_group(std::string_view group) {
  static constexpr std::pair<std::string_view, std::string_view> known[] = {
      {"prime256v1", "P-256"}, {"secp256r1", "P-256"},
      {"P-256", "P-256"},      {"secp384r1", "P-384"},
      {"P-384", "P-384"},      {"secp521r1", "P-521"},
      {"P-521", "P-521"},      {"X25519", "X25519"},
      {"X448", "X448"},        {"X25519MLKEM768", "X25519MLKEM768"}};
  for (const auto& [name, normal] : known) {
    if (equals_ignoring_case(name, group)) return std::string(normal);
  }
  return std::string(group);
}

Result<std::string> parse_pin(std::string_view text) {
  constexpr std::size_t digits = 64;
  const auto wrong = [] {
    return fail(Errc::invalid,
                "a pin is certificate:sha256:, key:sha256: or authority:sha256:, and the 64 digits of a fingerprint");
  };
  const std::size_t kind_end = text.find(':');
  if (kind_end == std::string_view::npos) return wrong();
  const std::string_view kind = text.substr(0, kind_end), rest = text.substr(kind_end + 1);
  constexpr std::string_view algorithm = "sha256:";
  if ((kind != "certificate" && kind != "key" && kind != "authority") || !rest.starts_with(algorithm)) return wrong();
  std::string hex;
  for (const char c : lowered(rest.substr(algorithm.size()))) {
    if (c != ':') hex += c;
  }
  if (hex.size() != digits || hex.find_first_not_of("0123456789abcdef") != std::string::npos) return wrong();
  return std::string(kind) + ":sha256:" + hex;
}

bool certificate_name_matches(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return !pattern.empty() && equals_ignoring_case(pattern, host);
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view rest = pattern.substr(1);
  if (rest.find('*') != std::string_view::npos) return false;  // a wildcard is the whole first label, and there is one
  // "*.example" would stand for every name under a top-level domain.
  return rest.find('.', 1) != std::string_view::npos && equals_ignoring_case(rest, host.substr(dot));
}

bool certificate_names(const std::vector<std::string>& names, std::string_view host) {
  return std::ranges::any_of(names,
                             [&](const std::string& pattern) { return certificate_name_matches(pattern, host); });
}

void encode(Writer& out, const TlsRequirement& requirement) {
  out.enumerator(requirement.level);
  out.enumerator(requirement.version);
  out.texts(requirement.names);
  out.texts(requirement.pins);
  std::string groups;  // one string: records of before there could be more than one read the same
  for (const std::string& group : requirement.groups)
    groups += (groups.empty() ? "" : ",") + group;
  out.bytes(groups);
  out.boolean(requirement.valid);
  out.boolean(requirement.requiretls);
}

TlsRequirement decode_tls_requirement(Reader& in, std::uint64_t version) {
  TlsRequirement requirement;
  requirement.level = in.enumerator(TlsLevel::dane);
  requirement.version = in.enumerator(TlsVersion::tls1_3);
  requirement.names = in.texts<std::set<std::string>>(most_names, longest_name);
  requirement.pins = in.texts<std::set<std::string>>(most_names, longest_name);
  std::string groups = in.bytes(longest_name);
  for (std::size_t end; !groups.empty(); groups.erase(0, end == std::string::npos ? end : end + 1)) {
    end = groups.find(',');
    requirement.groups.insert(groups.substr(0, end));
  }
  requirement.valid = in.boolean();
  if (version >= 5) requirement.requiretls = in.boolean();
  return requirement;
}

void encode(Writer& out, const TlsFacts& facts) {
  out.enumerator(facts.version);
  out.bytes(facts.cipher);
  out.bytes(facts.group);
  out.boolean(facts.chain_valid);
  out.bytes(facts.chain_error);
  out.texts(facts.names);
  out.bytes(facts.fingerprint);
}

TlsFacts decode_tls_facts(Reader& in) {
  TlsFacts facts;
  facts.version = in.enumerator(TlsVersion::tls1_3);
  facts.cipher = in.bytes(longest_name);
  facts.group = in.bytes(longest_name);
  facts.chain_valid = in.boolean();
  facts.chain_error = in.bytes(longest_name);
  facts.names = in.texts<std::vector<std::string>>(most_names, longest_name);
  facts.fingerprint = in.bytes(longest_name);
  return facts;
}

}  // namespace postern::mail
