#include <algorithm>

#include "policy/rules_reader.hpp"

namespace postern::policy {

std::vector<std::string> RulesReader::words_from_file(Reading& in, const Node& node, const std::string& path) {
  std::vector<std::string> words;
  const auto content = input_.read(path);
  if (!content) {
    in.complain(node, content.error().text);
    return words;
  }
  std::string_view rest = *content;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line = line.substr(0, line.find_first_of("\t\r"));
    if (!line.empty() && line.front() != '#') words.emplace_back(line);
  }
  if (words.empty()) in.complain(node, path + " holds no entry");
  return words;
}

void RulesReader::define_groups(Reading& in, const Node& groups) {
  struct Group {
    std::string file;
    Parties members;
  };
  const NodeTable* table = groups.table();
  if (table == nullptr) return in.expected(groups, "tables: group.NAME");
  for (const NodeEntry& entry : *table) {
    Group group;
    const Settings<Group> settings = {
        custom<Group>("file", "file", "", "",
                      [this](Reading& r, const Node& n, Group& g) {
                        const auto path = read_text(r, n);
                        if (!path) return;
                        Node as_list{NodeList{}, n.line, n.column};
                        for (std::string& word : words_from_file(r, n, *path))
                          std::get<NodeList>(as_list.value).push_back({std::move(word), n.line, n.column});
                        const Parties more = read_parties(r, as_list);
                        g.members.insert(g.members.end(), more.begin(), more.end());
                      }),
        custom<Group>("addresses", "list", "", "", [this](Reading& r, const Node& n, Group& g) {
          const Parties more = read_parties(r, n);
          g.members.insert(g.members.end(), more.begin(), more.end());
        })};
    read_table(in, entry.value, settings, group);
    if (!names_.groups.emplace(entry.key, group.members).second) {
      in.complain(entry.line, entry.column, "a second group named '" + entry.key + "'");
    }
  }
}

std::size_t RulesReader::add_probe(mail::Probe probe) {
  if (probe.name.empty()) probe.name = "match-" + std::to_string(set_.probes.size() + 1);
  set_.probes.push_back(std::move(probe));
  return set_.probes.size() - 1;
}

bool RulesReader::good_pattern(Reading& in, const Node& node, const std::string& pattern) {
  const std::string fault = pattern.empty() ? "it is empty" : input_.pattern_fault(pattern);
  if (!fault.empty()) in.complain(node, "this expression does not compile: " + fault);
  return fault.empty();
}

void RulesReader::add_detector(Reading& in, const NodeEntry& entry, Detector detector) {
  detector.name = entry.key;
  if (!names_.detectors.emplace(entry.key, set_.detectors.size()).second) {
    in.complain(entry.line, entry.column, "a second detector or dictionary named '" + entry.key + "'");
  }
  set_.detectors.push_back(std::move(detector));
}

void RulesReader::define_dictionaries(Reading& in, const Node& dictionaries) {
  struct Dictionary {
    std::vector<std::string> words;
    Confidence confidence = Confidence::medium;
    void add(const std::vector<std::string>& more) { words.insert(words.end(), more.begin(), more.end()); }
  };
  const NodeTable* table = dictionaries.table();
  if (table == nullptr) return in.expected(dictionaries, "tables: dictionary.NAME");
  for (const NodeEntry& entry : *table) {
    Dictionary dictionary;
    const Settings<Dictionary> settings = {
        custom<Dictionary>("file", "file", "", "",
                           [this](Reading& r, const Node& n, Dictionary& d) {
                             if (const auto path = read_text(r, n)) d.add(words_from_file(r, n, *path));
                           }),
        custom<Dictionary>("words", "list", "", "",
                           [](Reading& r, const Node& n, Dictionary& d) { d.add(read_texts(r, n)); }),
        choice("confidence", &Dictionary::confidence, confidence_words, "medium", "")};
    read_table(in, entry.value, settings, dictionary);
    if (dictionary.words.empty())
      in.complain(entry.line, entry.column, "dictionary '" + entry.key + "' needs a file or words");
    mail::Probe probe;
    probe.name = entry.key;
    probe.patterns = std::move(dictionary.words);
    probe.literal = probe.whole_words = true;
    add_detector(in, entry, {"", add_probe(std::move(probe)), std::nullopt, 0, dictionary.confidence});
  }
}

void RulesReader::define_detectors(Reading& in, const Node& detectors) {
  struct DetectorFile {
    std::string regex;
    std::vector<std::string> needs;
    std::uint32_t within = 100;
    Confidence confidence = Confidence::medium;
  };
  const NodeTable* table = detectors.table();
  if (table == nullptr) return in.expected(detectors, "tables: detector.NAME");
  for (const NodeEntry& entry : *table) {
    DetectorFile file;
    const Settings<DetectorFile> settings = {
        required(text("regex", &DetectorFile::regex, "", "")), texts("needs", &DetectorFile::needs, ""),
        number("within", &DetectorFile::within, 1, 10'000, "100", ""),
        choice("confidence", &DetectorFile::confidence, confidence_words, "medium", "")};
    read_table(in, entry.value, settings, file);
    const Node* regex = entry.value.find("regex");
    // A bad expression still gives its name, so that rules which use it are not complained of too.
    if (regex != nullptr) (void)good_pattern(in, *regex, file.regex);
    mail::Probe probe;
    probe.name = entry.key;
    probe.patterns = {file.regex};
    Detector detector{"", add_probe(std::move(probe)), std::nullopt, file.within, file.confidence};
    if (!file.needs.empty()) {
      mail::Probe words;
      words.name = entry.key + " needs";
      words.patterns = file.needs;
      words.literal = words.whole_words = true;
      detector.needs = add_probe(std::move(words));
    }
    add_detector(in, entry, detector);
  }
}

void RulesReader::define_trigger(Reading& in, const Node& node) {
  struct Trigger {
    std::vector<std::string> protect;
    bool remove = false;
  } trigger;
  read_table<Trigger>(
      in, node, {required(texts("protect", &Trigger::protect, "")), flag("remove", &Trigger::remove, "false", "")},
      trigger);
  if (trigger.remove)
    in.complain(node, "remove = true is not supported by this version: it would break the sender's signatures");
  // At either end of the Subject, whatever the case.
  mail::Probe probe;
  probe.name = "trigger";
  probe.target = mail::ProbeTarget::subject;
  for (const std::string& word : trigger.protect) {
    std::string quoted;
    for (const char c : word) {
      if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) quoted += '\\';
      quoted += c;
    }
    probe.patterns.push_back("^\\s*" + quoted);
    probe.patterns.push_back(quoted + "\\s*$");
  }
  trigger_.push_back(add_probe(std::move(probe)));
}

}  // namespace postern::policy
