// Policy files: what they say, what is wrong with them, and that their order never matters.
#include "policy/rules.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "policy/judge.hpp"
#include "tests/support/bad_files.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;

constexpr std::chrono::year_month_day today = 2026y / std::chrono::November / 25;

auto parse(const std::vector<policy::PolicyFile>& files) {
  policy::RulesInput input;
  input.files = files;
  input.read = [](const std::string& path) -> Result<std::string> {
    if (path == "members.txt") return std::string("# members\nann@clinic.example\n.labs.example\n");
    if (path == "health.txt") return std::string("biopsy\nlesion\tthe rest of a line\n");
    return fail(Errc::io, "cannot read " + path);
  };
  input.pattern_fault = [](std::string_view expression) -> std::string {
    return expression.find("(?=") != std::string_view::npos ? "look-ahead is not supported" : "";
  };
  input.today = today;
  return policy::parse_rules(input);
}

policy::Rules rules_of(const std::string& text) {
  auto rules = parse({{"p.toml", "version = 1\n" + text}});
  if (!rules) BOOST_FAIL(format_diagnostic(rules.error().front()));
  return *rules;
}

const mail::Address bob = *mail::Address::parse("bob@lab.example");

policy::Sender ann() {
  return {"clinic",
          *mail::Address::parse("ann@clinic.example"),
          *mail::Address::parse("ann@clinic.example"),
          {"clinic.example"}};
}

mail::Facts plain_facts() {
  mail::Facts facts;
  facts.parts = {{"0", "text/rfc822-headers", 100, false, {}}, {"1", "text/plain", 1000, false, {}}};
  facts.size = 1100;
  return facts;
}

mail::Finding hit(std::uint32_t probe, std::uint32_t at, std::uint64_t value = 1) {
  return {probe, 1, at, 10, value};
}

mail::Verdict judge(const policy::Rules& rules, const mail::Facts& facts, const mail::Address& to = bob) {
  return policy::judge(facts, ann(), {to}, rules, today).front();
}

bool has_action(const mail::Verdict& verdict, mail::Action action) {
  return verdict.action == action;
}

BOOST_AUTO_TEST_CASE(every_bad_file_gets_the_complaint_that_is_written_beside_it) {
  const unsigned seen =
      test::check_bad_files(SOURCE_DIR "/tests/cases/policy-bad", [](const std::filesystem::path& path) {
        const auto rules = parse({{"bad.toml", test::read_file(path)}});
        return rules ? Diagnostics{} : rules.error();
      });
  BOOST_TEST(seen >= 30U);
}

BOOST_AUTO_TEST_CASE(the_strictest_rule_wins_whatever_the_order) {
  const std::vector<std::string> tables = {
      "[[rule]]\nname='a'\nwhen.to='outside'\nthen={action='deliver',reason='a'}\n",
      "[[rule]]\nname='b'\nwhen.to='lab.example'\nthen={action='protect',reason='b',methods=['tls','portal']}\n",
      "[[rule]]\nname='c'\nwhen.to='bob@lab.example'\nthen={action='protect',reason='c',methods=['tls','smime'],tls={"
      "level='secure'}}\n",
  };
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    std::vector<policy::PolicyFile> files;
    for (const std::size_t i : order)
      files.push_back({"f" + std::to_string(files.size()), "version=1\n" + tables[i]});
    const auto rules = parse(files);
    BOOST_REQUIRE(rules.has_value());
    const mail::Verdict verdict = judge(*rules, plain_facts());
    BOOST_TEST(has_action(verdict, mail::Action::protect));
    BOOST_TEST((verdict.methods == mail::MethodSet{mail::Method::tls}));
    BOOST_TEST((verdict.floor.level == mail::TlsLevel::secure));
    BOOST_TEST(verdict.why.size() == 3U);
  } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE(methods_without_anything_in_common_quarantine_and_check_warns) {
  const auto rules = rules_of(
      "[[rule]]\nname='a'\nwhen.to='outside'\nthen={action='protect',reason='',methods=['smime']}\n"
      "[[rule]]\nname='b'\nwhen.to='outside'\nthen={action='protect',reason='',methods=['portal']}\n");
  BOOST_TEST(has_action(judge(rules, plain_facts()), mail::Action::quarantine));
  BOOST_TEST(policy::warnings(rules).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_dictionary_of_a_file_and_words_has_both) {
  const auto rules = rules_of(
      "dictionary.health={file='health.txt',words=['tumour']}\ndictionary.other={words=['tumour'],file='health.txt'}"
      "\n");
  BOOST_REQUIRE(rules.probes().size() == 2U);
  BOOST_TEST((rules.probes()[0].patterns == std::vector<std::string>{"biopsy", "lesion", "tumour"}));
  BOOST_TEST(rules.probes()[1].patterns.size() == 3U);
}

BOOST_AUTO_TEST_CASE(near_needs_all_kinds_close_together_in_one_part) {
  const auto rules = rules_of(
      "detector.ssn={regex='x'}\ndictionary.health={words=['biopsy']}\n"
      "[[rule]]\nname='n'\nwhen.near={chars=50,of=[{finding=['ssn']},{finding='health'}]}\n"
      "then={action='protect',reason=''}\n");
  // Dictionaries are read before detectors or after: ask the probes for their place.
  const auto place = [&](const std::string& name) {
    return static_cast<std::uint32_t>(std::ranges::find(rules.probes(), name, &mail::Probe::name) -
                                      rules.probes().begin());
  };
  const auto facts_with = [&](std::uint32_t distance) {
    mail::Facts facts = plain_facts();
    facts.findings = {hit(place("ssn"), 100), hit(place("health"), 110 + distance)};
    std::ranges::sort(facts.findings, {}, &mail::Finding::probe);
    return facts;
  };
  BOOST_TEST(has_action(judge(rules, facts_with(50)), mail::Action::protect));
  BOOST_TEST(has_action(judge(rules, facts_with(51)), mail::Action::deliver));
}

BOOST_AUTO_TEST_CASE(a_detector_that_needs_company_counts_only_with_it) {
  const auto rules = rules_of(
      "detector.mrn={regex='x',needs=['patient'],within=20}\n"
      "[[rule]]\nname='n'\nwhen.finding='mrn'\nthen={action='protect',reason=''}\n");
  mail::Facts facts = plain_facts();
  facts.findings = {hit(0, 100)};
  BOOST_TEST(has_action(judge(rules, facts), mail::Action::deliver));
  facts.findings = {hit(0, 100), hit(1, 125)};
  BOOST_TEST(has_action(judge(rules, facts), mail::Action::protect));
}

BOOST_AUTO_TEST_CASE(distinct_counts_values_not_places) {
  const auto rules = rules_of(
      "detector.ssn={regex='x'}\n[[rule]]\nname='n'\nwhen.finding={name='ssn',distinct=3}\n"
      "then={action='refuse',reason=''}\n");
  mail::Facts facts = plain_facts();
  facts.findings = {hit(0, 10, 1), hit(0, 30, 1), hit(0, 50, 2), hit(0, 70, 2)};
  BOOST_TEST(has_action(judge(rules, facts), mail::Action::deliver));
  facts.findings.push_back(hit(0, 90, 3));
  BOOST_TEST(has_action(judge(rules, facts), mail::Action::refuse));
}

BOOST_AUTO_TEST_CASE(an_exemption_holds_to_its_date_and_is_named) {
  const auto rules = rules_of(
      "[[rule]]\nname='n'\nwhen.to='outside'\nthen={action='protect',reason=''}\n"
      "[[exemption]]\nname='lab'\nrules=['n']\nwhen.to='lab.example'\nuntil=2026-11-25\n");
  const auto on = [&](std::chrono::year_month_day day) {
    return policy::judge(plain_facts(), ann(), {bob}, rules, day).front();
  };
  BOOST_TEST(has_action(on(today), mail::Action::deliver));
  BOOST_TEST(on(today).why.front().exemption == "lab");
  BOOST_TEST(has_action(on(2026y / 11 / 26), mail::Action::protect));
}

BOOST_AUTO_TEST_CASE(a_rule_that_only_records_is_seen_and_changes_nothing) {
  const auto rules =
      rules_of("[[rule]]\nname='n'\nwhen.to='outside'\nthen={action='refuse',reason=''}\nmode='monitor'\n");
  const mail::Verdict verdict = judge(rules, plain_facts());
  BOOST_TEST(has_action(verdict, mail::Action::deliver));
  BOOST_TEST(verdict.why.front().monitor);
}

BOOST_AUTO_TEST_CASE(what_was_not_inspected_is_not_taken_for_harmless) {
  const auto silent = rules_of("[[rule]]\nname='n'\nwhen.to='nobody.example'\nthen={action='refuse',reason=''}\n");
  const auto speaks =
      rules_of("[[rule]]\nname='n'\nwhen.uninspectable=['crashed']\nthen={action='protect',reason=''}\n");
  const mail::Facts crashed = mail::Facts::uninspected(100, mail::Uninspectable::crashed);
  BOOST_TEST(has_action(judge(silent, crashed), mail::Action::quarantine));
  BOOST_TEST(has_action(judge(speaks, crashed), mail::Action::protect));
}

BOOST_AUTO_TEST_CASE(a_group_comes_from_a_file_and_counts_envelope_and_from) {
  const auto rules = rules_of(
      "group.g={file='members.txt'}\n[[rule]]\nname='n'\nwhen.group.from='g'\nthen={action='protect',reason=''}\n");
  policy::Sender sender = ann();
  sender.path = *mail::Address::parse("other@clinic.example");
  BOOST_TEST(has_action(policy::judge(plain_facts(), sender, {bob}, rules, today).front(), mail::Action::protect));
  sender.header_from = *mail::Address::parse("other@clinic.example");
  BOOST_TEST(has_action(policy::judge(plain_facts(), sender, {bob}, rules, today).front(), mail::Action::deliver));
}

BOOST_AUTO_TEST_CASE(the_answer_is_one_for_all_recipients) {
  mail::Verdict good, bad;
  bad.action = mail::Action::refuse;
  bad.why = {{"r", "Not this", mail::Action::refuse, false, ""}};
  const mail::ReversePath from = *mail::Address::parse("ann@clinic.example");
  BOOST_TEST(policy::answer({good, good}, from, {}).reply.code == 250);
  const auto refused = policy::answer({bad, bad}, from, {});
  BOOST_TEST(refused.reply.code == 550);
  BOOST_TEST(!refused.keep);
  BOOST_TEST(refused.reply.text.starts_with("Not this"));
  const auto mixed = policy::answer({good, bad}, from, {});
  BOOST_TEST(mixed.reply.code == 250);
  BOOST_TEST(mixed.bounce == std::vector<std::size_t>{1});
  const auto null_sender = policy::answer({bad}, std::nullopt, {});
  BOOST_TEST(null_sender.keep);
  BOOST_TEST(null_sender.quarantine == std::vector<std::size_t>{0});
}

}  // namespace
