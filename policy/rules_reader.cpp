#include "policy/rules_reader.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <openssl/evp.h>

namespace postern::policy {
namespace {

/// The mail of a [[test]]: what its sender would have sent.
std::string build_message(const mail::Address& from, const std::vector<mail::Address>& to, const std::string& subject,
                          const std::string& text) {
  std::string out = "From: <" + from.str() + ">\r\n";
  for (const mail::Address& address : to)
    out += "To: <" + address.str() + ">\r\n";
  out += "Subject: " + subject + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
  out += "Content-Transfer-Encoding: 8bit\r\n\r\n" + text + "\r\n";
  return out;
}

std::string sha256_hex(const std::vector<std::string>& pieces) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (const std::string& piece : pieces) {
    const std::string length = std::to_string(piece.size()) + ":";
    EVP_DigestUpdate(context, length.data(), length.size());
    EVP_DigestUpdate(context, piece.data(), piece.size());
  }
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(context, digest.data(), nullptr);
  EVP_MD_CTX_free(context);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

std::optional<mail::Address> read_address(Reading& in, const Node& node) {
  const auto text = read_text(in, node);
  if (!text) return std::nullopt;
  auto address = mail::Address::parse(*text);
  if (!address) {
    in.complain(node, "'" + *text + "': " + address.error().text);
    return std::nullopt;
  }
  return *address;
}

const Words<mail::Action> action_words = {{"deliver", mail::Action::deliver},
                                          {"protect", mail::Action::protect},
                                          {"quarantine", mail::Action::quarantine},
                                          {"refuse", mail::Action::refuse}};

/// then = { … }
const Settings<Rule>& then_settings() {
  static const Settings<mail::TlsRequirement> floor = {
      choice("level", &mail::TlsRequirement::level,
             Words<mail::TlsLevel>{{"encrypted", mail::TlsLevel::encrypted},
                                   {"verified", mail::TlsLevel::verified},
                                   {"secure", mail::TlsLevel::secure}},
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

template <class T>
void each(Reading& in, const Node& node, const char* what, const std::function<void(const Node&, T&)>& read) {
  const NodeList* list = node.list();
  if (list == nullptr) return in.expected(node, std::string("a list: [[") + what + "]]");
  for (const Node& element : *list) {
    T one;
    read(element, one);
  }
}

}  // namespace

std::expected<RuleSet, Diagnostics> RulesReader::read() {
  Diagnostics wrong;
  std::vector<std::pair<Reading, Node>> files;
  std::vector<std::string> all_text;
  for (const PolicyFile& file : input_.files) {
    all_text.push_back(file.text);
    auto root = parse_toml(file.text, file.name);
    if (root) {
      files.emplace_back(Reading{file.name, {}}, std::move(*root));
    } else {
      wrong.insert(wrong.end(), root.error().begin(), root.error().end());
    }
  }
  // Names first: a rule may refer to a group of a later file.
  for (auto& [in, root] : files)
    define(in, root);
  for (auto& [in, root] : files) {
    if (const Node* list = root.find("rule")) read_rules(in, *list);
    if (const Node* list = root.find("test")) read_tests(in, *list);
  }
  for (auto& [in, root] : files) {
    if (const Node* list = root.find("exemption")) read_exemptions(in, *list);
    wrong.insert(wrong.end(), in.diagnostics.begin(), in.diagnostics.end());
  }
  if (!wrong.empty()) return std::unexpected(wrong);
  std::ranges::sort(set_.rules, {}, &Rule::name);
  set_.read_on = input_.today;
  for (const mail::Probe& probe : set_.probes)
    all_text.push_back(mail::encode_probes({probe}));  // files that were read, too
  set_.hash = sha256_hex(all_text);
  return std::move(set_);
}

void RulesReader::define(Reading& in, const Node& root) {
  struct File {};
  const auto then = [this](void (RulesReader::*step)(Reading&, const Node&)) {
    return [this, step](Reading& r, const Node& n, File&) { (this->*step)(r, n); };
  };
  const auto nothing = [](Reading&, const Node&, File&) {};
  const Settings<File> settings = {
      required(custom<File>("version", "1", "", "",
                            [](Reading& r, const Node& n, File&) { (void)read_number(r, n, 1, 1); })),
      custom<File>("trigger", "table", "", "", then(&RulesReader::define_trigger)),
      custom<File>("group", "tables", "", "", then(&RulesReader::define_groups)),
      custom<File>("dictionary", "tables", "", "", then(&RulesReader::define_dictionaries)),
      custom<File>("detector", "tables", "", "", then(&RulesReader::define_detectors)),
      custom<File>("rule", "list", "", "", nothing),
      custom<File>("exemption", "list", "", "", nothing),
      custom<File>("test", "list", "", "", nothing)};
  File file;
  read_table(in, root, settings, file);
}

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
  };
  const NodeTable* table = dictionaries.table();
  if (table == nullptr) return in.expected(dictionaries, "tables: dictionary.NAME");
  for (const NodeEntry& entry : *table) {
    Dictionary dictionary;
    const Settings<Dictionary> settings = {
        custom<Dictionary>("file", "file", "", "",
                           [this](Reading& r, const Node& n, Dictionary& d) {
                             if (const auto path = read_text(r, n)) d.words = words_from_file(r, n, *path);
                           }),
        texts("words", &Dictionary::words, ""),
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

void RulesReader::read_tests(Reading& in, const Node& list) {
  struct Mail {
    std::optional<mail::Address> from;
    std::vector<mail::Address> to;
    std::string subject = "test", text;
  };
  struct TestFile {
    PolicyTest test;
    Mail mail;
  };
  static const Settings<Mail> mail_settings = {
      required(custom<Mail>("from", "address", "", "",
                            [](Reading& r, const Node& n, Mail& m) { m.from = read_address(r, n); })),
      required(custom<Mail>("to", "list of addresses", "", "",
                            [](Reading& r, const Node& n, Mail& m) {
                              for (const std::string& one : read_texts(r, n)) {
                                if (auto address = read_address(r, Node{one, n.line, n.column}))
                                  m.to.push_back(*address);
                              }
                            })),
      text("subject", &Mail::subject, "test", ""), text("text", &Mail::text, "", "")};
  static const Settings<PolicyTest::Expectation> expectation_settings = {
      required(choice("action", &PolicyTest::Expectation::action, action_words, "", "")),
      texts("rules", &PolicyTest::Expectation::rules, "")};
  const Settings<TestFile> settings = {
      required(
          custom<TestFile>("name", "text", "", "",
                           [](Reading& r, const Node& n, TestFile& t) { t.test.name = read_text(r, n).value_or(""); })),
      required(
          custom<TestFile>("mail", "table", "", "",
                           [](Reading& r, const Node& n, TestFile& t) { read_table(r, n, mail_settings, t.mail); })),
      required(custom<TestFile>("expect", "tables by recipient", "", "", [](Reading& r, const Node& n, TestFile& t) {
        if (n.table() == nullptr) return r.expected(n, "expect.\"address\" = { action = … }");
        for (const NodeEntry& entry : *n.table()) {
          PolicyTest::Expectation expectation;
          if (auto address = read_address(r, Node{entry.key, entry.line, entry.column}))
            expectation.recipient = *address;
          read_table(r, entry.value, expectation_settings, expectation);
          t.test.expect.push_back(std::move(expectation));
        }
      }))};
  each<TestFile>(in, list, "test", [&](const Node& node, TestFile& file) {
    read_table(in, node, settings, file);
    for (const auto& expectation : file.test.expect) {
      if (std::ranges::find(file.mail.to, expectation.recipient) == file.mail.to.end()) {
        in.complain(node,
                    "'" + expectation.recipient.str() + "' is expected of but is no recipient of the test's mail");
      }
    }
    file.test.file = in.file;
    file.test.line = node.line;
    file.test.from = file.mail.from.value_or(mail::Address{});
    file.test.to = file.mail.to;
    file.test.message = build_message(file.test.from, file.test.to, file.mail.subject, file.mail.text);
    set_.tests.push_back(std::move(file.test));
  });
}

}  // namespace postern::policy
