#include "gateway/check.hpp"

#include <algorithm>
#include <map>

#include "crypto/key_store.hpp"
#include "gateway/dkim_keys.hpp"
#include "gateway/key_database.hpp"
#include "gateway/ldap_directories.hpp"
#include "gateway/load_config.hpp"
#include "gateway/policy_snapshot.hpp"
#include "gateway/published_networks.hpp"
#include "gateway/return_path.hpp"
#include "mail/facts.hpp"
#include "policy/judge.hpp"

namespace postern::gateway {
namespace {

void add(std::vector<std::string>& lines, const Diagnostics& diagnostics) {
  for (const Diagnostic& one : diagnostics)
    lines.push_back(format_diagnostic(one));
}

template <class T>
void add_failure(std::vector<std::string>& lines, const Result<T>& result) {
  if (!result) lines.push_back(result.error().text);
}

/// RFC 8463 §5: those who do not know Ed25519 must find an RSA signature beside it.
void check_algorithms(const std::string& tenant, const std::vector<DkimKeys::Loaded>& keys, CheckReport& report) {
  std::map<std::string, bool> with_rsa;
  for (const DkimKeys::Loaded& one : keys)
    with_rsa[one.key.domain().str()] |= one.key.algorithm() == crypto::DkimAlgorithm::rsa_sha256;
  for (const auto& [domain, rsa] : with_rsa) {
    if (!rsa)
      report.warnings.push_back("tenant " + tenant + ": " + domain +
                                " has DKIM keys of Ed25519 alone, and most recipients verify only RSA: add one");
  }
}

void check_dkim(const Config& config, const std::filesystem::path& base, CheckReport& report) {
  const auto keys = load_dkim_keys(config, base);
  if (!keys) {
    report.errors.insert(report.errors.end(), keys.error().begin(), keys.error().end());
    return;
  }
  for (const auto& [tenant, loaded] : (*keys)->all()) {
    check_algorithms(tenant, loaded, report);
    for (const DkimKeys::Loaded& one : loaded)
      report.publish.push_back(format_dkim_record(one.key));
  }
}

void check_secrets(const Config& config, const std::filesystem::path& base, CheckReport& report) {
  const Result<Secret> kek = load_kek(config, base);
  add_failure(report.errors, kek);
  for (const ListenerConfig& listener : config.listeners) {
    add_failure(report.errors, load_server_options(config, listener, base));
  }
  add_failure(report.errors, load_tenants(config, base));
  if (kek) add_failure(report.errors, load_return_paths(config, base, *kek));
  add_failure(report.errors, load_tls_client(config));
  add_failure(report.errors, key_store_options(config, base, Secret()));
  add_failure(report.errors, load_directories(config, base));
  check_dkim(config, base, report);
}

bool demands_dane(const ScopedSettings& scope) {
  const auto at_dane = [](const std::optional<mail::TlsRequirement>& floor) {
    return floor && floor->level == mail::TlsLevel::dane;
  };
  return at_dane(scope.protect_tls) || at_dane(scope.deliver_tls);
}

/// Is it true of a scope, whosever it is?
template <class Predicate>
bool of_any_scope(const Config& config, Predicate predicate) {
  const auto of_any = [&](const std::map<std::string, ScopedSettings>& scopes) {
    return std::ranges::any_of(scopes, [&](const auto& scope) { return predicate(scope.second); });
  };
  return predicate(config.global) || of_any(config.tenant_settings) || of_any(config.partner_settings) ||
         of_any(config.host_settings) ||
         std::ranges::any_of(config.tenant_partner_settings, [&](const auto& one) { return of_any(one.second); });
}

/// A floor that nothing can meet: the mail would only ever go on to its next rung.
void check_dane(const Config& config, CheckReport& report) {
  if (of_any_scope(config, demands_dane) && !config.trusts_ad()) {
    report.warnings.emplace_back(
        "a TLS level of dane is demanded, and the resolver's word on DNSSEC is not trusted (resolver.trust_ad): no "
        "host "
        "can reach it");
  }
}

/// "tenant clinic: @microsoft365: 6 networks, as of …".
void check_bindings(const Config& config, CheckReport& report) {
  for (const TenantConfig& one : config.tenants) {
    const std::string whose = "tenant " + one.tenant.name + ": ";
    if (one.tenant.bind.mode == policy::BindMode::monitor) {
      report.warnings.push_back(
          whose +
          "bind.mode is \"monitor\": certificate and headers are not required, and whoever shares "
          "its networks can send in its name");
    }
    for (const std::string& note : one.notes)
      report.networks.push_back(whose + note);
    for (const policy::PublishedNetworks& published : one.tenant.bind.published) {
      const std::string name = whose + "spf:" + published.domain;
      const auto kept = load_published(networks_folder(config), published.domain);
      if (kept) {
        report.networks.push_back(name + ": " + format_networks_state(*kept));
      } else {
        report.warnings.push_back(name + ": never looked up, or not readable here (" + kept.error().text +
                                  "); posternd asks at its start, and does not start without an answer");
      }
    }
  }
}

bool asks_for_keys(const ScopedSettings& scope, discovery::KeyOrigin one, discovery::KeyOrigin other) {
  const auto is_meant = [&](discovery::KeyOrigin origin) { return origin == one || origin == other; };
  return scope.key_sources && std::ranges::any_of(*scope.key_sources, is_meant);
}
bool asks_dns_for_keys(const ScopedSettings& scope) {
  return asks_for_keys(scope, discovery::KeyOrigin::smimea, discovery::KeyOrigin::openpgpkey);
}
bool asks_directories_for_keys(const ScopedSettings& scope) {
  return asks_for_keys(scope, discovery::KeyOrigin::ldap, discovery::KeyOrigin::ldap_openpgp);
}

/// Sources that can give nothing.
void check_key_sources(const Config& config, CheckReport& report) {
  if (of_any_scope(config, asks_dns_for_keys) && !config.trusts_ad()) {
    report.warnings.emplace_back(
        "key_sources names smimea or openpgpkey, and the resolver's word on DNSSEC is not trusted (resolver.trust_ad): "
        "no key in the DNS counts");
  }
  if (of_any_scope(config, asks_directories_for_keys) && config.keys.directories.empty()) {
    report.warnings.emplace_back("key_sources names ldap or ldap-openpgp, and there is no keys.directory");
  }
}

/// Answers and bounces that nobody would take or believe.
void check_conversations(const Config& config, CheckReport& report) {
  const bool takes_returns = std::ranges::any_of(
      config.listeners, [](const ListenerConfig& one) { return one.role == ListenerRole::returns; });
  for (const TenantConfig& tenant : config.tenants) {
    if (!tenant.portal || !tenant.portal->domain) continue;
    const mail::Domain& domain = *tenant.portal->domain;
    const std::string whose = "tenant " + tenant.tenant.name + ": portal.domain is " + domain.str() + ", and no ";
    if (!takes_returns)
      report.warnings.push_back(whose + "[[listener]] has role = \"returns\": bounces of notices are lost");
    const bool is_signed = std::ranges::any_of(
        tenant.dkim, [&](const DkimConfig& key) { return mail::domain_matches("." + key.domain.str(), domain); });
    if (!is_signed) report.warnings.push_back(whose + "dkim key is of it, or above it: replies leave unsigned");
  }
}

/// Rules that a test expects and that did not match.
std::string missing_rules(const std::vector<std::string>& expected, const mail::Verdict& verdict) {
  std::string missing;
  for (const std::string& name : expected) {
    const bool matched = std::ranges::any_of(verdict.why, [&](const mail::Why& why) { return why.rule == name; });
    if (!matched) missing += " " + name;
  }
  return missing;
}

void run_test(const policy::PolicyTest& test, const Config& config, const PolicySnapshot& policy,
              std::chrono::year_month_day today, CheckReport& report) {
  const std::string where = test.file + ":" + std::to_string(test.line) + ": test '" + test.name + "': ";
  const auto bytes = policy.inspector->inspect(test.message);
  const auto facts = bytes ? mail::decode_facts(*bytes, policy.rules.probes().size()) : fail(bytes.error());
  if (!facts) {
    report.errors.push_back(where + "inspection failed: " + facts.error().text);
    return;
  }
  const auto owner = std::ranges::find_if(
      config.tenants, [&](const TenantConfig& tenant) { return policy::owns(tenant.tenant, test.from.domain()); });
  policy::Sender sender{"", test.from, test.from, {}};
  if (owner != config.tenants.end()) {
    sender.tenant = owner->tenant.name;
    sender.domains = owner->tenant.domains;
  }
  const auto verdicts = policy::judge(*facts, sender, test.to, policy.rules, today);
  for (const auto& expected : test.expect) {
    const auto at = std::ranges::find(test.to, expected.recipient);
    const mail::Verdict& verdict = verdicts[static_cast<std::size_t>(at - test.to.begin())];
    const std::string who = where + expected.recipient.str() + ": ";
    if (verdict.action != expected.action) {
      report.errors.push_back(who + "expected " + std::string(mail::format_action(expected.action)) + ", got " +
                              std::string(mail::format_action(verdict.action)));
    }
    if (const std::string missing = missing_rules(expected.rules, verdict); !missing.empty()) {
      report.errors.push_back(who + "these rules did not match:" + missing);
    }
  }
}

}  // namespace

CheckReport check(const std::filesystem::path& config_file, bool with_secrets) {
  CheckReport report;
  const auto config = load_config(config_file);
  if (!config) {
    add(report.errors, config.error());
    return report;
  }
  check_dane(*config, report);
  check_bindings(*config, report);
  check_key_sources(*config, report);
  check_conversations(*config, report);
  if (with_secrets) check_secrets(*config, std::filesystem::absolute(config_file).parent_path(), report);
  const SystemClock clock;
  SystemRandom random;
  const auto policy = load_policy(*config, clock, random);
  if (!policy) {
    add(report.errors, policy.error());
    return report;
  }
  add(report.warnings, policy::warnings((*policy)->rules));
  report.rules = (*policy)->rules.size();
  for (const policy::PolicyTest& test : policy::tests((*policy)->rules)) {
    ++report.tests;
    run_test(test, *config, **policy, std::chrono::floor<std::chrono::days>(clock.now()), report);
  }
  return report;
}

}  // namespace postern::gateway
