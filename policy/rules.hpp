// Policy files, read. `parse_rules` takes every file of policy.d/ at once and gives either Rules or all that is wrong
// with them, each complaint with file, line, column and the nearest valid name. Pure: the caller reads the files.
//
// Rules hold conditions as a tree over sender, recipient, groups, size, uninspectable parts and probes. Whatever looks
// at content is a Probe for inspect/: Rules::probes() goes to the inspector, its Facts come back to judge().
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "mail/facts.hpp"
#include "mail/probe.hpp"
#include "mail/verdict.hpp"

namespace postern::policy {

struct PolicyFile {
  std::string name;  // as shown in diagnostics: "policy.d/hipaa.toml"
  std::string text;
};

/// How parse_rules asks about the world, so that it stays pure.
struct RulesInput {
  std::vector<PolicyFile> files;
  /// A file that a policy names (group, dictionary), relative to policy.d/.
  std::function<Result<std::string>(const std::string& path)> read;
  /// Empty where the expression compiles (inspect::pattern_fault).
  std::function<std::string(std::string_view expression)> pattern_fault;
  std::chrono::year_month_day today;
};

struct RuleSet;  // rule_set.hpp, for policy/ itself

class Rules {
 public:
  explicit Rules(std::shared_ptr<const RuleSet> set) : set_(std::move(set)) {}
  [[nodiscard]] const RuleSet& set() const { return *set_; }
  [[nodiscard]] const mail::ProbeSet& probes() const;
  /// SHA-256 over all that was read, in hex: stored with each verdict.
  [[nodiscard]] const std::string& hash() const;
  [[nodiscard]] std::size_t size() const;  // rules

 private:
  std::shared_ptr<const RuleSet> set_;
};

[[nodiscard]] std::expected<Rules, Diagnostics> parse_rules(const RulesInput& input);

/// What is legal and still deserves a word: a rule that can never match, methods that cannot meet, an exemption past
/// its date. For `postern check`.
[[nodiscard]] Diagnostics warnings(const Rules& rules);

}  // namespace postern::policy
