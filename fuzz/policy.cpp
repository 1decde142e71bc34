// Any text as the files of policy.d/. A line "====" separates two of them. What is wrong has a place in a file; what is
// right says the same in any order, and more rules never allow more.
#include <algorithm>
#include <array>

#include "fuzz/target.hpp"
#include "fuzz/words.hpp"
#include "policy/judge.hpp"
#include "policy/rules.hpp"

using namespace postern;
using namespace postern::policy;
using namespace std::chrono_literals;
using fuzz::require;

namespace {

constexpr std::chrono::year_month_day today = 2026y / std::chrono::November / 25;

[[maybe_unused]] constexpr std::string_view known_words =
    "version rule exemption test group dictionary detector trigger name when unless then action deliver "
    "protect quarantine refuse reason methods tls smime openpgp portal level encrypted verified secure release "
    "mode monitor enforce any all not from to inside outside .lab.example bob@lab.example ann@clinic.example "
    "finding near chars of count distinct confidence low medium high uninspectable crashed corrupt attachment "
    "true false media_type size.over header subject regex needs within words file members.txt until 2027-01-31 "
    "2020-01-01 0 1 2 1000 1KiB 1GiB";

std::vector<PolicyFile> files_of(std::string_view text) {
  constexpr std::string_view separator = "\n====\n";
  std::vector<PolicyFile> files;
  for (;;) {
    const std::size_t end = text.find(separator);
    files.push_back({"policy.d/" + std::to_string(files.size()) + ".toml", std::string(text.substr(0, end))});
    if (end == std::string_view::npos || files.size() == 3) return files;
    text.remove_prefix(end + separator.size());
  }
}

auto parse(const std::vector<PolicyFile>& files) {
  RulesInput input;
  input.files = files;
  input.read = [](const std::string& path) -> Result<std::string> {
    if (path == "members.txt") return std::string("# members\nann@clinic.example\n.labs.example\nbiopsy\tnoun\n");
    return fail(Errc::io, "cannot read it");
  };
  input.pattern_fault = [](std::string_view expression) -> std::string {
    return expression.find("(?=") != std::string_view::npos ? "look-ahead is not supported" : "";
  };
  input.today = today;
  return parse_rules(input);
}

void check_complaints(const Diagnostics& wrong, const std::vector<PolicyFile>& files) {
  require(!wrong.empty());
  for (const Diagnostic& one : wrong) {
    const auto file = std::ranges::find(files, one.file, &PolicyFile::name);
    require(file != files.end() && !one.text.empty());
    require(one.line <= 1 + static_cast<unsigned>(std::ranges::count(file->text, '\n')));
    require(one.line == 0 || one.column > 0);
  }
}

const mail::Address& address(const char* text) {
  static std::array<mail::Address, 2> known = {*mail::Address::parse("ann@clinic.example"),
                                               *mail::Address::parse("bob@lab.example")};
  return text[0] == 'a' ? known[0] : known[1];
}

Sender ann() {
  return {"clinic", address("ann"), address("ann"), {"clinic.example"}};
}

/// In which every probe hits, side by side, and there is an attachment.
mail::Facts all_found(std::size_t probes) {
  mail::Facts facts;
  facts.parts = {{"0", "text/rfc822-headers", 100, false, {}}, {"1", "application/pdf", 1'000'000, true, {}}};
  for (std::uint32_t probe = 0; probe < probes; ++probe) {
    facts.findings.push_back({probe, 0, 10, 5, probe});
    facts.findings.push_back({probe, 1, 10, 5, probe});
  }
  facts.size = 1'000'100;
  return facts;
}

std::vector<mail::Facts> several(std::size_t probes) {
  return {all_found(0), all_found(probes), mail::Facts::uninspected(1000, mail::Uninspectable::crashed)};
}

mail::Verdict judged(const Rules& rules, const mail::Facts& facts) {
  const auto verdicts = judge(facts, ann(), {address("bob"), address("ann")}, rules, today);
  require(verdicts.size() == 2);
  return verdicts.front();
}

bool same_but_for_places(const mail::Verdict& a, const mail::Verdict& b) {
  return a.action == b.action && a.methods == b.methods && a.floor == b.floor && a.why == b.why;
}

/// Files in another order number their probes otherwise; where everything or nothing hits, that shows nowhere.
void check_order(const Rules& rules, std::vector<PolicyFile> files) {
  std::ranges::reverse(files);
  const auto reversed = parse(files);
  require(reversed && reversed->size() == rules.size() && reversed->probes().size() == rules.probes().size());
  for (const mail::Facts& facts : several(rules.probes().size())) {
    require(same_but_for_places(judged(rules, facts), judged(*reversed, facts)));
  }
}

/// Strictest wins: one more rule, and nothing that was forbidden is allowed.
void check_strictest(const Rules& rules, std::vector<PolicyFile> files) {
  files.push_back({"policy.d/more.toml",
                   "version = 1\n[[rule]]\nname = 'one more'\nwhen.to = 'outside'\n"
                   "then = { action = 'protect', reason = 'more', methods = ['tls'], tls = { level = 'secure' } }\n"});
  const auto more = parse(files);
  if (!more) return;  // the name was taken
  for (const mail::Facts& facts : several(rules.probes().size())) {
    const mail::Verdict before = judged(rules, facts), after = judged(*more, facts);
    // What could not be inspected is held where no rule speaks of that; a rule about something else changes nothing.
    require(after.action >= before.action && after.action >= mail::Action::protect);
    require((after.methods & before.methods) == after.methods);
    require(after.action != mail::Action::protect || after.floor.level == mail::TlsLevel::secure);
  }
}

}  // namespace

FUZZ_WORDS(known_words)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = files_of(fuzz::text(data, size));
  const auto rules = parse(files);
  if (!rules) {
    check_complaints(rules.error(), files);
    return 0;
  }
  require(parse(files)->hash() == rules->hash() && rules->hash().size() == 64);
  (void)warnings(*rules);
  for (const PolicyTest& test : tests(*rules))
    require(test.message.starts_with("From: <") && test.message.find("\r\n\r\n") != std::string::npos);
  check_order(*rules, files);
  check_strictest(*rules, files);
  return 0;
}
