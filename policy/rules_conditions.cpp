#include <algorithm>

#include "base/ascii.hpp"
#include "mail/address.hpp"
#include "mail/headers.hpp"
#include "policy/rules_reader.hpp"

namespace postern::policy {

const Words<Confidence> confidence_words = {
    {"low", Confidence::low}, {"medium", Confidence::medium}, {"high", Confidence::high}};

namespace {

const std::vector<std::string> condition_keys = {"all",   "any",     "not",           "from",       "to",
                                                 "group", "header",  "subject",       "trigger",    "size",
                                                 "near",  "finding", "uninspectable", "attachment", "media_type"};

std::optional<Party> parse_party(const std::string& text) {
  if (text == "outside") return Party{Party::Kind::outside, text};
  if (text == "inside") return Party{Party::Kind::inside, text};
  if (text.find('@') != std::string::npos) {
    const auto address = mail::Address::parse(text);
    if (!address) return std::nullopt;
    return Party{Party::Kind::address, address->str()};
  }
  const bool below = text.starts_with('.');
  const auto domain = mail::Domain::parse(below ? text.substr(1) : text);
  if (!domain) return std::nullopt;
  return Party{Party::Kind::domain, (below ? "." : "") + domain->str()};
}

}  // namespace

Condition RulesReader::read_condition(Reading& in, const Node& node) {
  const NodeTable* table = node.table();
  All all;
  if (table == nullptr) {
    in.expected(node, "a table of conditions");
    return {all};
  }
  if (table->empty()) in.complain(node, "a condition without keys would match all mail");
  for (const NodeEntry& entry : *table) {
    if (auto condition = read_key(in, entry)) all.of.push_back(std::move(*condition));
  }
  if (all.of.size() == 1) {
    Condition only = std::move(all.of.front());
    return only;
  }
  return {std::move(all)};
}

std::optional<Condition> RulesReader::read_key(Reading& in, const NodeEntry& entry) {
  const std::string& key = entry.key;
  const Node& node = entry.value;
  if (key == "all") return Condition{All{read_conditions(in, node)}};
  if (key == "any") return Condition{Any{read_conditions(in, node)}};
  if (key == "not") return Condition{Not{{read_condition(in, node)}}};
  if (key == "from") return Condition{FromIs{read_parties(in, node)}};
  if (key == "to") return Condition{ToIs{read_parties(in, node)}};
  if (key == "group") return read_groups(in, node);
  if (key == "header") return read_headers(in, node);
  if (key == "subject") return Condition{read_text_match(in, node, mail::ProbeTarget::subject, "")};
  if (key == "finding") return Condition{Found{read_finding(in, node)}};
  if (key == "near") return Condition{read_near(in, node)};
  if (key == "uninspectable") return Condition{read_unreadable(in, node)};
  if (key == "media_type") {
    std::vector<std::string> types = read_texts(in, node);
    std::ranges::transform(types, types.begin(), [](const std::string& type) { return lowered(type); });
    return Condition{HasMediaType{std::move(types)}};
  }
  if (key == "attachment") {
    const auto wanted = read_flag(in, node);
    return Condition{HasAttachment{wanted.value_or(true)}};
  }
  if (key == "trigger") {
    const auto wanted = read_flag(in, node);
    if (trigger_.empty()) in.complain(node, "no file defines a trigger");
    const Condition hit{ProbeHits{trigger_}};
    return wanted.value_or(true) ? hit : Condition{Not{{hit}}};
  }
  if (key == "size") {
    struct Size {
      std::uint64_t over = 0;
    } size;
    read_table<Size>(in, node, {required(octets("over", &Size::over, 0, 1ULL << 40, "", ""))}, size);
    return Condition{SizeOver{size.over}};
  }
  in.complain(entry.line, entry.column, "unknown condition '" + key + "'" + did_you_mean(key, condition_keys));
  return std::nullopt;
}

std::vector<Condition> RulesReader::read_conditions(Reading& in, const Node& node) {
  std::vector<Condition> conditions;
  const NodeList* list = node.list();
  if (list == nullptr || list->empty()) {
    in.expected(node, "a list of condition tables");
    return conditions;
  }
  for (const Node& element : *list)
    conditions.push_back(read_condition(in, element));
  return conditions;
}

Parties RulesReader::read_parties(Reading& in, const Node& node) {
  Parties parties;
  for (const std::string& text : read_texts(in, node)) {
    if (auto party = parse_party(text)) {
      parties.push_back(std::move(*party));
    } else {
      in.complain(node, "'" + text + "' is no address, domain, .domain, inside or outside");
    }
  }
  return parties;
}

/// group.from = "oncology": one of the group's members.
std::optional<Condition> RulesReader::read_groups(Reading& in, const Node& node) {
  const NodeTable* table = node.table();
  if (table == nullptr) {
    in.expected(node, "group.from or group.to");
    return std::nullopt;
  }
  All all;
  for (const NodeEntry& entry : *table) {
    if (entry.key != "from" && entry.key != "to") {
      in.complain(entry.line, entry.column,
                  "unknown key '" + entry.key + "'" + did_you_mean(entry.key, {"from", "to"}));
      continue;
    }
    Parties members;
    for (const std::string& name : read_texts(in, entry.value)) {
      const auto group = names_.groups.find(name);
      if (group == names_.groups.end()) {
        std::vector<std::string> known;
        for (const auto& [other, parties] : names_.groups)
          known.push_back(other);
        in.complain(entry.value, "there is no group '" + name + "'" + did_you_mean(name, known));
        continue;
      }
      members.insert(members.end(), group->second.begin(), group->second.end());
    }
    all.of.push_back(entry.key == "from" ? Condition{FromIs{members}} : Condition{ToIs{members}});
  }
  return Condition{std::move(all)};
}

std::optional<Condition> RulesReader::read_headers(Reading& in, const Node& node) {
  const NodeTable* table = node.table();
  if (table == nullptr) {
    in.expected(node, "header.NAME = a text, a list of texts or { regex = \"…\" }");
    return std::nullopt;
  }
  All all;
  for (const NodeEntry& entry : *table) {
    all.of.push_back({read_text_match(in, entry.value, mail::ProbeTarget::header, lowered(entry.key))});
  }
  return Condition{std::move(all)};
}

ProbeHits RulesReader::read_text_match(Reading& in, const Node& node, mail::ProbeTarget target,
                                       const std::string& header) {
  mail::Probe probe;
  probe.target = target;
  probe.header = header;
  if (node.table() != nullptr) {
    struct Match {
      std::string regex;
    } match;
    read_table<Match>(in, node, {required(text("regex", &Match::regex, "", ""))}, match);
    if (good_pattern(in, node, match.regex)) probe.patterns = {match.regex};
  } else {
    probe.literal = true;
    probe.patterns = read_texts(in, node);
  }
  return {{add_probe(std::move(probe))}};
}

FindingWanted RulesReader::read_finding(Reading& in, const Node& node) {
  FindingWanted wanted;
  if (node.table() == nullptr) {
    find_detectors(in, node, wanted);
    return wanted;
  }
  // In `near` the names stand under "finding", elsewhere under "name".
  const auto names = [this](Reading& r, const Node& n, FindingWanted& into) { find_detectors(r, n, into); };
  const Settings<FindingWanted> settings = {
      custom<FindingWanted>("name", "names", "", "", names), custom<FindingWanted>("finding", "names", "", "", names),
      choice("confidence", &FindingWanted::confidence, confidence_words, "low", ""),
      number("count", &FindingWanted::count, 1, 1000, "1", ""),
      number("distinct", &FindingWanted::distinct, 1, 1000, "1", "")};
  read_table(in, node, settings, wanted);
  if (node.find("name") == nullptr && node.find("finding") == nullptr)
    in.complain(node, "'name' is missing: which detectors?");
  return wanted;
}

void RulesReader::find_detectors(Reading& in, const Node& node, FindingWanted& wanted) {
  for (const std::string& name : read_texts(in, node)) {
    const auto found = names_.detectors.find(name);
    if (found != names_.detectors.end()) {
      wanted.detectors.push_back(found->second);
      continue;
    }
    std::vector<std::string> known;
    for (const auto& [other, index] : names_.detectors)
      known.push_back(other);
    in.complain(node, "there is no detector or dictionary '" + name + "'" + did_you_mean(name, known));
  }
}

Near RulesReader::read_near(Reading& in, const Node& node) {
  Near near;
  const Settings<Near> settings = {
      required(number("chars", &Near::octets, 1, 100'000, "", "")),
      required(custom<Near>("of", "list", "", "", [this](Reading& r, const Node& n, Near& into) {
        const NodeList* list = n.list();
        if (list == nullptr || list->size() < 2) return r.complain(n, "'of' is a list of two findings or more");
        for (const Node& element : *list)
          into.of.push_back(read_finding(r, element));
      }))};
  read_table(in, node, settings, near);
  if (near.of.empty()) near.of.emplace_back();  // complained of already; all_near needs one
  return near;
}

Unreadable RulesReader::read_unreadable(Reading& in, const Node& node) {
  about_unreadable_ = true;
  Unreadable unreadable;
  for (const std::string& text : read_texts(in, node)) {
    const auto reason = mail::parse_uninspectable(text);
    if (reason) {
      unreadable.reasons.push_back(*reason);
    } else {
      in.complain(node, "'" + text + "' is no reason" +
                            did_you_mean(text, {"encrypted", "corrupt", "too-deep", "too-large", "timeout", "crashed",
                                                "unsupported"}));
    }
  }
  return unreadable;
}

}  // namespace postern::policy
