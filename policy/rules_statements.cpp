#include <algorithm>

#include "policy/rules_reader.hpp"

namespace postern::policy {

const Words<mail::Action> action_words = {{"deliver", mail::Action::deliver},
                                          {"protect", mail::Action::protect},
                                          {"quarantine", mail::Action::quarantine},
                                          {"refuse", mail::Action::refuse}};

namespace {

/// then = { … }
const Settings<Rule>& then_settings() {
  static const Settings<mail::TlsRequirement> floor = {
      choice("level", &mail::TlsRequirement::level,
             Words<mail::TlsLevel>{{"encrypted", mail::TlsLevel::encrypted},
                                   {"verified", mail::TlsLevel::verified},
                                   {"secure", mail::TlsLevel::secure},
                                   {"dane", mail::TlsLevel::dane}},
             "", ""),
      choice("version", &mail::TlsRequirement::version,
             Words<mail::TlsVersion>{{"1.2", mail::TlsVersion::tls1_2}, {"1.3", mail::TlsVersion::tls1_3}}, "1.2", "")};
  static const Settings<Rule> settings = {
      required(choice("action", &Rule::action, action_words, "", "")),
      text("reason", &Rule::reason, "", ""),
      custom<Rule>("methods", "list", "", "",
                   [](Reading& in, const Node& node, Rule& rule) {
                     rule.methods = {};
                     for (const std::string& name : read_texts(in, node)) {
                       const auto method = mail::parse_method(name);
                       if (method) {
                         rule.methods.insert(*method);
                       } else {
                         in.complain(node, "'" + name + "' is no method" +
                                               did_you_mean(name, {"tls", "smime", "openpgp", "portal"}));
                       }
                     }
                   }),
      custom<Rule>("tls", "table", "", "",
                   [](Reading& in, const Node& node, Rule& rule) { read_table(in, node, floor, rule.floor); }),
      texts("release", &Rule::releasers, ""),
      later<Rule>("text"),
      later<Rule>("header"),
      later<Rule>("bcc"),
      later<Rule>("notify")};
  return settings;
}

}  // namespace

void RulesReader::read_rules(Reading& in, const Node& list) {
  each<Rule>(in, list, "rule", [&](const Node& node, Rule& rule) {
    about_unreadable_ = false;
    bool has_when = false;
    const Settings<Rule> settings = {
        required(text("name", &Rule::name, "", "")),
        custom<Rule>("when", "conditions", "", "",
                     [&](Reading& r, const Node& n, Rule& into) {
                       into.when = read_condition(r, n);
                       has_when = true;
                     }),
        custom<Rule>("unless", "conditions", "", "",
                     [this](Reading& r, const Node& n, Rule& into) { into.unless = read_condition(r, n); }),
        required(custom<Rule>("then", "table", "", "",
                              [](Reading& r, const Node& n, Rule& into) { read_table(r, n, then_settings(), into); })),
        choice("mode", &Rule::monitor, Words<bool>{{"enforce", false}, {"monitor", true}}, "enforce", "")};
    read_table(in, node, settings, rule);
    if (!has_when) in.complain(node, "rule '" + rule.name + "' has no 'when'");
    if (std::ranges::find(set_.rules, rule.name, &Rule::name) != set_.rules.end()) {
      in.complain(node, "a second rule named '" + rule.name + "'");
    }
    rule.about_unreadable = about_unreadable_;
    rule.file = in.file;
    rule.line = node.line;
    rule.column = node.column;
    set_.rules.push_back(std::move(rule));
  });
}

void RulesReader::read_exemptions(Reading& in, const Node& list) {
  each<Exemption>(in, list, "exemption", [&](const Node& node, Exemption& exemption) {
    const Settings<Exemption> settings = {
        required(text("name", &Exemption::name, "", "")), required(texts("rules", &Exemption::rules, "")),
        required(custom<Exemption>("when", "conditions", "", "",
                                   [this](Reading& r, const Node& n, Exemption& e) { e.when = read_condition(r, n); })),
        required(custom<Exemption>("until", "a date", "", "", [](Reading& r, const Node& n, Exemption& e) {
          if (n.date() == nullptr) return r.expected(n, "a date like 2027-01-31");
          e.until = *n.date();
        }))};
    read_table(in, node, settings, exemption);
    std::vector<std::string> known;
    for (const Rule& rule : set_.rules)
      known.push_back(rule.name);
    for (const std::string& rule : exemption.rules) {
      if (std::ranges::find(known, rule) == known.end())
        in.complain(node, "there is no rule '" + rule + "'" + did_you_mean(rule, known));
    }
    exemption.file = in.file;
    exemption.line = node.line;
    exemption.column = node.column;
    set_.exemptions.push_back(std::move(exemption));
  });
}

}  // namespace postern::policy
