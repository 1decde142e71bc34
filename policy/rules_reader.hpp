// Reading policy files, for policy/ alone: the names that files define, and conditions over them.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/settings.hpp"
#include "policy/rule_set.hpp"
#include "policy/rules.hpp"

namespace postern::policy {

/// What all files together define; conditions refer to it, whatever file they stand in.
struct Names {
  std::map<std::string, Parties> groups;
  std::map<std::string, std::size_t> detectors;  // and dictionaries: index into RuleSet::detectors
};

class RulesReader {
 public:
  explicit RulesReader(const RulesInput& input) : input_(input) {}
  [[nodiscard]] std::expected<RuleSet, Diagnostics> read();

 private:
  // rules_reader.cpp: the files, in order
  void define(Reading& in, const Node& root);

  // rules_definitions.cpp: what rules refer to by name
  void define_groups(Reading& in, const Node& groups);
  void define_dictionaries(Reading& in, const Node& dictionaries);
  void define_detectors(Reading& in, const Node& detectors);
  void define_trigger(Reading& in, const Node& trigger);
  void add_detector(Reading& in, const NodeEntry& entry, Detector detector);
  [[nodiscard]] std::vector<std::string> words_from_file(Reading& in, const Node& node, const std::string& path);
  [[nodiscard]] std::size_t add_probe(mail::Probe probe);
  [[nodiscard]] bool good_pattern(Reading& in, const Node& node, const std::string& pattern);

  // rules_statements.cpp: [[rule]] and [[exemption]]
  void read_rules(Reading& in, const Node& list);
  void read_exemptions(Reading& in, const Node& list);

  // rules_tests.cpp: [[test]]
  void read_tests(Reading& in, const Node& list);

  // rules_conditions.cpp: conditions
  [[nodiscard]] Condition read_condition(Reading& in, const Node& node);
  [[nodiscard]] std::optional<Condition> read_key(Reading& in, const NodeEntry& entry);
  [[nodiscard]] std::vector<Condition> read_conditions(Reading& in, const Node& node);
  [[nodiscard]] Parties read_parties(Reading& in, const Node& node);
  [[nodiscard]] std::optional<Condition> read_groups(Reading& in, const Node& node);
  [[nodiscard]] std::optional<Condition> read_headers(Reading& in, const Node& node);
  [[nodiscard]] ProbeHits read_text_match(Reading& in, const Node& node, mail::ProbeTarget target,
                                          const std::string& header);
  [[nodiscard]] FindingWanted read_finding(Reading& in, const Node& node);
  void find_detectors(Reading& in, const Node& node, FindingWanted& wanted);
  [[nodiscard]] Near read_near(Reading& in, const Node& node);
  [[nodiscard]] Unreadable read_unreadable(Reading& in, const Node& node);

  const RulesInput& input_;
  RuleSet set_;
  Names names_;
  std::vector<std::size_t> trigger_;  // probes
  bool about_unreadable_ = false;     // the condition being read names uninspectable parts
};

extern const Words<Confidence> confidence_words;
extern const Words<mail::Action> action_words;

/// [[what]]: `read` for each element, with a fresh T.
template <class T>
void each(Reading& in, const Node& node, const char* what, const std::function<void(const Node&, T&)>& read) {
  const NodeList* list = node.list();
  if (list == nullptr) return in.expected(node, std::string("a list: [[") + what + "]]");
  for (const Node& element : *list) {
    T one;
    read(element, one);
  }
}

}  // namespace postern::policy
