// Rules as policy/ itself sees them: conditions as a tree, names resolved, nothing left to look up.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/diagnostic.hpp"
#include "mail/facts.hpp"
#include "mail/probe.hpp"
#include "mail/verdict.hpp"
#include "policy/judge.hpp"

namespace postern::policy {

enum class Confidence { low, medium, high };

/// What a finding is called in policy files: a detector or a dictionary.
struct Detector {
  std::string name;
  std::size_t probe = 0;
  std::optional<std::size_t> needs;  // a probe that must hit within `within` octets, in the same part
  std::uint32_t within = 0;
  Confidence confidence = Confidence::medium;
};

/// An address, a domain, ".domain" (and below), or what is inside or outside of the tenant's domains.
struct Party {
  enum class Kind { address, domain, outside, inside } kind = Kind::address;
  std::string text;
};
using Parties = std::vector<Party>;

struct FindingWanted {
  std::vector<std::size_t> detectors;  // any of them
  Confidence confidence = Confidence::low;
  std::size_t count = 1, distinct = 1;
};

struct Condition;
struct All {
  std::vector<Condition> of;
};
struct Any {
  std::vector<Condition> of;
};
struct Not {
  std::vector<Condition> of;
};  // one
struct FromIs {
  Parties parties;
};
struct ToIs {
  Parties parties;
};
struct SizeOver {
  std::uint64_t octets = 0;
};
struct ProbeHits {
  std::vector<std::size_t> probes;
};  // header, subject and trigger conditions
struct Found {
  FindingWanted wanted;
};
struct Near {
  std::uint32_t octets = 0;
  std::vector<FindingWanted> of;
};
struct Unreadable {
  std::vector<mail::Uninspectable> reasons;
};
struct HasAttachment {
  bool wanted = true;
};
struct HasMediaType {
  std::vector<std::string> types;
};

struct Condition {
  std::variant<All, Any, Not, FromIs, ToIs, SizeOver, ProbeHits, Found, Near, Unreadable, HasAttachment, HasMediaType>
      is;
};

struct Rule {
  std::string name, file;
  unsigned line = 0, column = 0;
  Condition when;
  std::optional<Condition> unless;
  mail::Action action = mail::Action::protect;
  mail::MethodSet methods = mail::MethodSet::all();
  mail::TlsRequirement floor;
  std::string reason;
  std::vector<std::string> releasers;
  bool monitor = false;
  bool about_unreadable = false;  // its condition names uninspectable parts
};

struct Exemption {
  std::string name, file;
  unsigned line = 0, column = 0;
  std::vector<std::string> rules;
  Condition when;
  std::chrono::year_month_day until;
};

struct RuleSet {
  std::vector<Rule> rules;  // by name
  std::vector<Exemption> exemptions;
  std::vector<Detector> detectors;
  mail::ProbeSet probes;
  std::vector<PolicyTest> tests;
  std::chrono::year_month_day read_on;
  std::string hash;
};

/// What a condition is asked about.
struct Question {
  const mail::Facts& facts;
  const Sender& sender;
  const mail::Address& recipient;
  const RuleSet& rules;
};
[[nodiscard]] bool holds(const Condition& condition, const Question& question);

}  // namespace postern::policy
