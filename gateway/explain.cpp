#include "gateway/explain.hpp"

#include <algorithm>

#include "gateway/json_text.hpp"
#include "gateway/recipients.hpp"
#include "mail/facts.hpp"
#include "mail/headers.hpp"
#include "mail/identity.hpp"
#include "mail/lines.hpp"
#include "policy/delivery.hpp"
#include "policy/judge.hpp"
#include "policy/signing.hpp"
#include "policy/tenant.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

/// Who would the sender be, if the conditions of `bind` hold? They cannot be known from a file.
mail::Origin assumed_origin(const Config& config, const ExplainInput& input, const mail::HeaderView& headers) {
  mail::Candidates all;
  std::vector<policy::Tenant> tenants;
  for (const TenantConfig& one : config.tenants) {
    all.tenants.push_back(one.tenant.name);
    tenants.push_back(one.tenant);
    tenants.back().bind = {};
  }
  return policy::prove(all, {mail::Peer{}, input.from, headers}, tenants);
}

/// Each as its record's name in the DNS begins: whose key it is, and no more.
json::array signing_keys(const TenantConfig& tenant, const mail::Proven& origin, const mail::Domain& from) {
  std::vector<mail::Domain> domains;
  for (const DkimConfig& key : tenant.dkim)
    domains.push_back(key.domain);
  const auto signs = policy::signing_domain(origin, from, domains);
  json::array keys;
  for (const DkimConfig& key : tenant.dkim) {
    if (key.domain == signs) keys.push_back(json::object{{"selector", key.selector}, {"domain", key.domain.str()}});
  }
  return keys;
}

std::string format_signing_keys(const json::array& keys) {
  std::string out;
  for (const json::value& key : keys)
    out +=
        (out.empty() ? "" : ", ") + text_of(key.as_object(), "selector") + " of " + text_of(key.as_object(), "domain");
  return "Signed by DKIM: " + (out.empty() ? "by nobody" : "key " + out) + "\n";
}

json::object facts_view(const mail::Facts& facts, const mail::ProbeSet& probes) {
  json::array parts;
  for (const mail::Part& part : facts.parts) {
    json::object view{{"path", part.path}, {"type", part.media_type}, {"size", part.size}};
    if (part.attachment) view["attachment"] = true;
    if (part.uninspectable) view["uninspectable"] = mail::format_uninspectable(*part.uninspectable);
    parts.push_back(std::move(view));
  }
  json::array findings;
  for (const mail::Finding& finding : facts.findings) {
    findings.push_back(json::object{{"probe", probes[finding.probe].name},
                                    {"part", facts.parts[finding.part].path},
                                    {"at", finding.at},
                                    {"length", finding.length}});
  }
  return {{"parts", std::move(parts)}, {"findings", std::move(findings)}};
}

json::array why_view(const mail::Verdict& verdict) {
  json::array rules;
  for (const mail::Why& why : verdict.why) {
    json::object view{{"rule", why.rule}, {"action", mail::format_action(why.action)}, {"reason", why.reason}};
    if (why.monitor) view["monitor"] = true;
    if (!why.exemption.empty()) view["exemption"] = why.exemption;
    rules.push_back(std::move(view));
  }
  return rules;
}

/// In one sentence, for the person who asked.
std::string what_happens(const mail::Verdict& verdict, const mail::Ladder& ladder) {
  switch (verdict.action) {
    case mail::Action::refuse: return "is refused; the sender is told";
    case mail::Action::quarantine: return "is kept here until a reviewer releases it";
    case mail::Action::deliver: return "is delivered by " + mail::format_route(ladder.front());
    case mail::Action::protect: break;
  }
  std::string text = "is delivered only by ";
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    text += (i == 0 ? "" : ", else ") + mail::format_route(ladder[i]);
  }
  return text + "; never in the clear";
}

json::object recipient_view(const Config& config, const std::string& tenant, const mail::Address& address,
                            const mail::Verdict& verdict, const ExplainInput& input, Time now) {
  const spool::RecipientRecord record =
      judged_record({config, input.keys}, tenant, input.requiretls, 0, address, verdict, now);
  json::array rungs;
  for (const mail::Route& route : record.ladder)
    rungs.emplace_back(mail::format_route(route));
  json::array evidence;
  for (const mail::Evidence& known : known_capabilities({config, input.keys}, tenant, address, now).evidence)
    evidence.emplace_back(mail::format_evidence(known));
  if (const auto looked_up = input.looked_up.find(address.domain()); looked_up != input.looked_up.end()) {
    for (const mail::Evidence& known : looked_up->second)
      evidence.emplace_back(mail::format_evidence(known));
  }
  return {{"recipient", address.str()},      {"action", mail::format_action(verdict.action)},
          {"rules", why_view(verdict)},      {"ladder", std::move(rungs)},
          {"evidence", std::move(evidence)}, {"outcome", what_happens(verdict, record.ladder)}};
}

mail::Facts look_into(const std::string& message, const PolicySnapshot& policy) {
  const auto bytes = policy.inspector->inspect(message);
  if (!bytes) return mail::Facts::uninspected(message.size(), mail::Uninspectable::crashed);
  auto facts = mail::decode_facts(*bytes, policy.rules.probes().size());
  return facts ? std::move(*facts) : mail::Facts::uninspected(message.size(), mail::Uninspectable::crashed);
}

std::string format_rules(const json::array& rules) {
  std::string out;
  for (const json::value& value : rules) {
    const json::object& rule = value.as_object();
    out += "    rule " + text_of(rule, "rule") + " (" + text_of(rule, "action") + "): " + text_of(rule, "reason");
    if (rule.contains("monitor")) out += " [monitor: recorded only]";
    if (rule.contains("exemption")) out += " [exempt: " + text_of(rule, "exemption") + "]";
    out += "\n";
  }
  return rules.empty() ? "    no rule matches\n" : out;
}

std::string format_facts(const json::object& facts) {
  std::string out = "What was found in the message\n";
  for (const json::value& value : facts.at("parts").as_array()) {
    const json::object& part = value.as_object();
    const std::string unread = text_of(part, "uninspectable");
    out += "    part " + text_of(part, "path") + "  " + text_of(part, "type") + "  " +
           std::to_string(part.at("size").to_number<std::uint64_t>()) + " bytes" +
           (unread.empty() ? "" : "  not readable: " + unread) + "\n";
  }
  for (const json::value& value : facts.at("findings").as_array()) {
    const json::object& finding = value.as_object();
    out += "    found " + text_of(finding, "probe") + " in part " + text_of(finding, "part") + " at byte " +
           std::to_string(finding.at("at").to_number<std::uint64_t>()) + "\n";
  }
  return out;
}

}  // namespace

json::object explain(const ExplainInput& input, const Config& config, const PolicySnapshot& policy, Time now) {
  const std::string message = mail::with_crlf(input.message);
  const std::size_t header_size = mail::header_length(message).value_or(message.size());
  const mail::HeaderView headers(std::string_view(message).substr(0, header_size));
  const Result<mail::Address> from = mail::parse_from(headers);
  const mail::Origin origin = assumed_origin(config, input, headers);

  json::object out;
  out["sender"] = input.from ? input.from->str() : "";
  out["from"] = from ? from->str() : "";
  out["policy"] = policy.rules.hash();
  const auto* proven = std::get_if<mail::Proven>(&origin);
  if (proven == nullptr) {
    const auto* refused = std::get_if<mail::Refused>(&origin);
    out["refused"] = refused != nullptr ? refused->condition : "from";
    out["outcome"] = "is refused at the door: no tenant owns both the envelope sender and From";
    return out;
  }
  out["tenant"] = proven->tenant;
  out["assumes"] = "the conditions of the tenant's bind hold";

  out["dkim"] = signing_keys(*config.tenant(proven->tenant), *proven, from->domain());

  const mail::Facts facts = look_into(message, policy);
  out["facts"] = facts_view(facts, policy.rules.probes());
  const policy::Sender sender{proven->tenant, input.from, *from, config.tenant(proven->tenant)->tenant.domains};
  const auto verdicts =
      policy::judge(facts, sender, input.to, policy.rules, std::chrono::floor<std::chrono::days>(now));
  const QueueId id;  // nothing is kept, so nothing has a name
  const policy::Answer answer = policy::answer(verdicts, input.from, id);
  json::array recipients;
  for (std::size_t i = 0; i < input.to.size(); ++i) {
    mail::Verdict verdict = verdicts[i];
    if (std::ranges::find(answer.quarantine, i) != answer.quarantine.end()) verdict.action = mail::Action::quarantine;
    recipients.push_back(recipient_view(config, proven->tenant, input.to[i], verdict, input, now));
  }
  out["recipients"] = std::move(recipients);
  out["reply"] = answer.reply.code;
  return out;
}

std::string format_explanation(const json::object& explanation) {
  std::string out =
      "From " + text_of(explanation, "from") + ", envelope sender <" + text_of(explanation, "sender") + ">";
  if (explanation.contains("refused")) {
    return out + "\nThe message " + text_of(explanation, "outcome") + " (" + text_of(explanation, "refused") + ")\n";
  }
  out += ", tenant " + text_of(explanation, "tenant") + "\n(assuming that " + text_of(explanation, "assumes") + ")\n\n";
  out += format_signing_keys(explanation.at("dkim").as_array());
  out += format_facts(explanation.at("facts").as_object());
  for (const json::value& value : explanation.at("recipients").as_array()) {
    const json::object& recipient = value.as_object();
    out += "\n" + text_of(recipient, "recipient") + ": " + text_of(recipient, "action") + "\n";
    out += format_rules(recipient.at("rules").as_array());
    out += "    the mail " + text_of(recipient, "outcome") + "\n";
    for (const json::value& line : recipient.at("evidence").as_array())
      out += "    known: " + std::string(line.get_string()) + "\n";
  }
  return out + "\nThe sender's server hears " + std::to_string(explanation.at("reply").to_number<int>()) + ".\n";
}

}  // namespace postern::gateway
