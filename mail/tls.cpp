#include "mail/tls.hpp"

#include <algorithm>

#include "mail/headers.hpp"

namespace postern::mail {
namespace {

using Names = std::vector<std::string>;

/// Empty means "no constraint"; two constraints must leave something. False where they leave nothing.
bool intersect(const Names& a, const Names& b, Names& both) {
  if (a.empty() || b.empty()) {
    both = a.empty() ? b : a;
    return true;
  }
  std::ranges::copy_if(a, std::back_inserter(both),
                       [&](const std::string& name) { return std::ranges::find(b, name) != b.end(); });
  return !both.empty();
}

bool any_name_matches(const Names& wanted, const Names& in_certificate) {
  return std::ranges::any_of(wanted, [&](const std::string& host) {
    return std::ranges::any_of(in_certificate,
                               [&](const std::string& pattern) { return certificate_name_matches(pattern, host); });
  });
}

std::string unmet_identity(const TlsRequirement& requirement, const TlsFacts& facts) {
  if (requirement.level >= TlsLevel::mta_sts) return "the level needs evidence that discovery does not bring yet";
  if (!facts.chain_valid) {
    return "the certificate is not trusted" + (facts.chain_error.empty() ? "" : ": " + facts.chain_error);
  }
  if (requirement.names.empty()) return "there is no name to check the certificate against";
  if (!any_name_matches(requirement.names, facts.names)) {
    return "the certificate is not for " + requirement.names.front();
  }
  return "";
}

constexpr std::size_t most_names = 1000, longest_name = 4096;

void encode(Writer& out, const Names& names) {
  out.u64(names.size());
  for (const std::string& name : names)
    out.bytes(name);
}

Names decode_names(Reader& in) {
  Names names;
  for (std::size_t left = in.count(most_names); left > 0; --left)
    names.push_back(in.bytes(longest_name));
  return names;
}

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
  both.group = a.group.empty() ? b.group : a.group;
  const bool groups_agree = a.group.empty() || b.group.empty() || a.group == b.group;
  const bool names_agree = intersect(a.names, b.names, both.names);
  const bool pins_agree = intersect(a.pins, b.pins, both.pins);
  return groups_agree && names_agree && pins_agree ? both : TlsRequirement::invalid();
}

std::string unmet(const TlsRequirement& requirement, const TlsFacts& facts) {
  if (!requirement.valid) return "two rules demand what cannot both hold";
  if (requirement.level <= TlsLevel::opportunistic && requirement.pins.empty() && requirement.group.empty()) return "";
  if (!facts.encrypted()) return "the connection is not encrypted";
  if (facts.version < requirement.version) {
    return "TLS " + std::string(format_tls_version(facts.version)) + " is older than the TLS " +
           std::string(format_tls_version(requirement.version)) + " that is required";
  }
  if (!requirement.group.empty() && !equals_ignoring_case(requirement.group, facts.group)) {
    return "the key exchange did not use " + requirement.group;
  }
  if (!requirement.pins.empty() && std::ranges::find(requirement.pins, facts.fingerprint) == requirement.pins.end()) {
    return "the certificate is not one of those that are pinned";
  }
  return requirement.level >= TlsLevel::verified ? unmet_identity(requirement, facts) : "";
}

bool certificate_name_matches(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return !pattern.empty() && equals_ignoring_case(pattern, host);
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view rest = pattern.substr(1);
  // "*.example" would stand for every name under a top-level domain.
  return rest.find('.', 1) != std::string_view::npos && equals_ignoring_case(rest, host.substr(dot));
}

void encode(Writer& out, const TlsRequirement& requirement) {
  out.enumerator(requirement.level);
  out.enumerator(requirement.version);
  encode(out, requirement.names);
  encode(out, requirement.pins);
  out.bytes(requirement.group);
  out.boolean(requirement.valid);
}

TlsRequirement decode_tls_requirement(Reader& in) {
  TlsRequirement requirement;
  requirement.level = in.enumerator(TlsLevel::dane);
  requirement.version = in.enumerator(TlsVersion::tls1_3);
  requirement.names = decode_names(in);
  requirement.pins = decode_names(in);
  requirement.group = in.bytes(longest_name);
  requirement.valid = in.boolean();
  return requirement;
}

void encode(Writer& out, const TlsFacts& facts) {
  out.enumerator(facts.version);
  out.bytes(facts.cipher);
  out.bytes(facts.group);
  out.boolean(facts.chain_valid);
  out.bytes(facts.chain_error);
  encode(out, facts.names);
  out.bytes(facts.fingerprint);
}

TlsFacts decode_tls_facts(Reader& in) {
  TlsFacts facts;
  facts.version = in.enumerator(TlsVersion::tls1_3);
  facts.cipher = in.bytes(longest_name);
  facts.group = in.bytes(longest_name);
  facts.chain_valid = in.boolean();
  facts.chain_error = in.bytes(longest_name);
  facts.names = decode_names(in);
  facts.fingerprint = in.bytes(longest_name);
  return facts;
}

}  // namespace postern::mail
