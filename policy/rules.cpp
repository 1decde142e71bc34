#include "policy/rules.hpp"

#include "policy/rules_reader.hpp"

namespace postern::policy {

const mail::ProbeSet& Rules::probes() const {
  return set_->probes;
}
const std::string& Rules::hash() const {
  return set_->hash;
}
std::size_t Rules::size() const {
  return set_->rules.size();
}

std::expected<Rules, Diagnostics> parse_rules(const RulesInput& input) {
  auto set = RulesReader(input).read();
  if (!set) return std::unexpected(set.error());
  return Rules(std::make_shared<const RuleSet>(std::move(*set)));
}

const std::vector<PolicyTest>& tests(const Rules& rules) {
  return rules.set().tests;
}

Diagnostics warnings(const Rules& rules) {
  const RuleSet& set = rules.set();
  Diagnostics found;
  for (const Exemption& exemption : set.exemptions) {
    if (std::chrono::sys_days(exemption.until) < std::chrono::sys_days(set.read_on)) {
      found.push_back(
          {exemption.file, exemption.line, exemption.column, "exemption '" + exemption.name + "' is past its date"});
    }
  }
  for (std::size_t i = 0; i < set.rules.size(); ++i) {
    for (std::size_t j = i + 1; j < set.rules.size(); ++j) {
      const Rule& a = set.rules[i];
      const Rule& b = set.rules[j];
      if (!(a.methods & b.methods).empty() && mail::meet(a.floor, b.floor).valid) continue;
      found.push_back({b.file, b.line, b.column,
                       "rules '" + a.name + "' and '" + b.name +
                           "' allow no method in common: mail that both match is quarantined"});
    }
  }
  return found;
}

}  // namespace postern::policy
