#include "policy/judge.hpp"

#include <algorithm>

#include "policy/rule_set.hpp"

namespace postern::policy {
namespace {

/// The exemption that switches `rule` off here, or nothing.
const Exemption* exempted(const Rule& rule, const Question& q, std::chrono::year_month_day today) {
  const auto applies = [&](const Exemption& exemption) {
    return std::ranges::find(exemption.rules, rule.name) != exemption.rules.end() &&
           std::chrono::sys_days(today) <= std::chrono::sys_days(exemption.until) && holds(exemption.when, q);
  };
  const auto found = std::ranges::find_if(q.rules.exemptions, applies);
  return found == q.rules.exemptions.end() ? nullptr : &*found;
}

bool matches(const Rule& rule, const Question& q) {
  return holds(rule.when, q) && !(rule.unless && holds(*rule.unless, q));
}

void contribute(const Rule& rule, mail::Verdict& verdict) {
  verdict.action = std::max(verdict.action, rule.action);
  verdict.methods = verdict.methods & rule.methods;
  verdict.floor = mail::meet(verdict.floor, rule.floor);
  if (rule.action == mail::Action::quarantine) {
    verdict.releasers.insert(verdict.releasers.end(), rule.releasers.begin(), rule.releasers.end());
  }
}

void quarantine(mail::Verdict& verdict, const char* name, const char* reason) {
  verdict.action = mail::Action::quarantine;
  verdict.why.push_back({name, reason, mail::Action::quarantine, false, ""});
}

/// Nothing of it could be read: no part but the whole, and that uninspectable.
bool unread(const mail::Facts& facts) {
  return facts.parts.size() == 1 && facts.parts.front().uninspectable.has_value();
}

mail::Verdict judge_one(const Question& q, std::chrono::year_month_day today) {
  mail::Verdict verdict;
  bool unreadable_is_spoken_for = false;
  for (const Rule& rule : q.rules.rules) {
    if (!matches(rule, q)) continue;
    const Exemption* exemption = exempted(rule, q, today);
    verdict.why.push_back(
        {rule.name, rule.reason, rule.action, rule.monitor, exemption != nullptr ? exemption->name : ""});
    if (rule.monitor || exemption != nullptr) continue;
    contribute(rule, verdict);
    unreadable_is_spoken_for = unreadable_is_spoken_for || rule.about_unreadable;
  }
  // Promise 6: what was not read is not taken for harmless.
  if (unread(q.facts) && !unreadable_is_spoken_for && verdict.action < mail::Action::quarantine) {
    quarantine(verdict, "(not inspected)", "The message could not be inspected");
  }
  const bool impossible = verdict.methods.empty() || !verdict.floor.valid;
  if (verdict.action == mail::Action::protect && impossible) {
    quarantine(verdict, "(no common method)", "The matching rules allow no method in common");
  }
  return verdict;
}

}  // namespace

std::vector<mail::Verdict> judge(const mail::Facts& facts, const Sender& sender,
                                 const std::vector<mail::Address>& recipients, const Rules& rules,
                                 std::chrono::year_month_day today) {
  std::vector<mail::Verdict> verdicts;
  for (const mail::Address& recipient : recipients)
    verdicts.push_back(judge_one({facts, sender, recipient, rules.set()}, today));
  return verdicts;
}

}  // namespace postern::policy
