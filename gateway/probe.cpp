#include "gateway/probe.hpp"

#include <algorithm>
#include <array>

#include "discovery/bounded.hpp"
#include "discovery/dane.hpp"
#include "gateway/connections.hpp"
#include "gateway/destination.hpp"
#include "gateway/found_keys.hpp"
#include "policy/delivery.hpp"
#include "smtp/client_session.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds patience{10};
constexpr std::size_t most_addresses = 4;  // of one host

/// One address, and what it showed.
struct Session {
  std::string address, trouble;
  bool reached = false;
  mail::TlsLesson lesson = mail::TlsLesson::none;
  mail::TlsFacts tls;
};
struct Host {
  discovery::MxHost found;
  mail::HostSecurity security;
  std::vector<Session> sessions;
};

json::array lines(const std::vector<mail::Evidence>& evidence) {
  json::array out;
  for (const mail::Evidence& one : evidence)
    out.emplace_back(mail::format_evidence(one));
  return out;
}

template <class Texts>
json::array texts(const Texts& from) {
  json::array out;
  for (const std::string& one : from)
    out.emplace_back(one);
  return out;
}

// What each host shows

/// TLS, and the certificate matched where there are records to match; names and chains are told, not demanded.
mail::TlsRequirement curiosity(const mail::HostSecurity& security, const mail::TlsRequirement& policy) {
  mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::encrypted);
  requirement.tlsa = security.dane.records;
  requirement.tlsa_base = security.dane.base;
  requirement.tlsa_names = security.dane.names;
  requirement.groups = policy.groups;
  return requirement;
}

net::awaitable<Session> ask_host(const ProbeTools& tools, std::string host, net::Endpoint address,
                                 mail::TlsRequirement requirement) {
  Session session;
  session.address = net::format_endpoint(address);
  std::unique_ptr<net::Stream> stream;
  try {
    stream = co_await tools.dialer.dial(address, patience);
  } catch (const net::Broken& broken) {
    session.trouble = std::string("no connection: ") + broken.what();
  }
  if (!stream) co_return session;
  session.reached = true;
  const smtp::ClientTimeouts timeouts{patience, patience, patience, patience, patience};
  smtp::ClientOptions options{tools.config.hostname, std::move(host), tools.tls, timeouts, false};
  Connection connection(std::move(stream), std::move(options), std::move(requirement));
  const std::optional<smtp::HostFailure> failure = co_await connection.session.open();
  session.tls = failure ? failure->tls : connection.session.tls();
  if (failure) session.trouble = failure->reason;
  if (failure) session.lesson = failure->lesson;
  co_await connection.session.end();
  co_return session;
}

json::object tls_view(const mail::TlsFacts& tls) {
  json::object out{{"version", mail::format_tls_version(tls.version)},
                   {"cipher", tls.cipher},
                   {"group", mail::normal_group(tls.group)},
                   {"names", texts(tls.names)},
                   {"chain_valid", tls.chain_valid}};
  if (tls.requiretls) out["requiretls"] = true;
  if (!tls.chain_valid) out["chain_error"] = tls.chain_error;
  if (!tls.fingerprint.empty()) out["certificate"] = "certificate:" + tls.fingerprint;
  if (!tls.key_fingerprint.empty()) out["key"] = "key:" + tls.key_fingerprint;
  if (tls.tlsa) out["tlsa"] = mail::format_tlsa(*tls.tlsa);
  if (!tls.dane_error.empty()) out["dane_error"] = tls.dane_error;
  return out;
}

json::object dane_view(const mail::Dane& dane) {
  json::object out{{"state", mail::format_dane_state(dane.state)}};
  if (!dane.base.empty()) out["base"] = dane.base;
  if (!dane.reason.empty()) out["reason"] = dane.reason;
  json::array records;
  for (const mail::TlsaRecord& record : dane.records)
    records.emplace_back(mail::format_tlsa(record));
  if (!records.empty()) out["records"] = std::move(records);
  return out;
}

json::object sts_view(const mail::DomainSecurity& domain) {
  json::object out{{"state", mail::format_sts_state(domain.sts.state)}, {"evidence", lines(domain.evidence)}};
  if (!domain.sts.reason.empty()) out["reason"] = domain.sts.reason;
  if (domain.sts.state != mail::StsState::known) return out;
  out["mode"] = mail::format_sts_mode(domain.sts.policy.mode);
  out["mx"] = texts(domain.sts.policy.mx);
  out["id"] = domain.sts.id;
  out["expires"] = format_rfc3339(domain.sts.expires);
  return out;
}

/// Is what the host shows worth what MTA-STS promises?
mail::TlsLevel reached_by(const Session& session, const Host& host, const std::string& domain,
                          const mail::DomainSecurity& security) {
  const bool by_policy = security.sts.enforced() && mail::sts_allows(security.sts.policy, host.found.name);
  return mail::reached(session.tls, host.found.name, domain, by_policy);
}

json::object host_view(const Host& host, const std::string& domain, const mail::DomainSecurity& security) {
  json::array sessions;
  for (const Session& session : host.sessions) {
    json::object view{{"address", session.address}};
    if (session.tls.encrypted()) view["tls"] = tls_view(session.tls);
    view["level"] = mail::format_tls_level(reached_by(session, host, domain, security));
    if (!session.trouble.empty()) view["trouble"] = session.trouble;
    sessions.push_back(std::move(view));
  }
  json::array evidence = lines(host.found.evidence);
  for (const mail::Evidence& one : host.security.evidence)
    evidence.emplace_back(mail::format_evidence(one));
  json::object out{{"host", host.found.name},
                   {"preference", host.found.preference},
                   {"addresses", texts(host.found.addresses)},
                   {"addresses_status", mail::format_dns_status(host.found.status)},
                   {"dane", dane_view(host.security.dane)},
                   {"evidence", std::move(evidence)},
                   {"sessions", std::move(sessions)}};
  if (!host.found.failure.empty()) out["failure"] = host.found.failure;
  return out;
}

/// The weakest of what hosts that answered reached: an attacker chooses among them.
std::string least_level(const std::vector<Host>& hosts, const std::string& domain,
                        const mail::DomainSecurity& security) {
  std::optional<mail::TlsLevel> least;
  for (const Host& host : hosts) {
    for (const Session& session : host.sessions) {
      if (!session.reached) continue;
      const mail::TlsLevel level = reached_by(session, host, domain, security);
      least = std::min(least.value_or(level), level);
    }
  }
  return least ? std::string(mail::format_tls_level(*least)) : "unknown";
}

// What the policy would do

mail::Verdict verdict_of(mail::Action action) {
  mail::Verdict verdict;
  verdict.action = action;
  verdict.methods = mail::MethodSet::all();
  return verdict;
}

/// Would mail under `requirement` leave over one of these sessions? Else why not.
std::string unmet_by(const Host& host, const mail::Hop& hop, const mail::DomainSecurity& domain,
                     const mail::TlsRequirement& requirement) {
  if (const auto out = policy::rule_out(requirement, hop, domain, host.security)) return out->reason;
  if (host.sessions.empty()) return host.found.failure;
  std::string why;
  for (const Session& session : host.sessions) {
    if (!session.reached) {
      why = session.trouble;
      continue;
    }
    why = mail::unmet(requirement, session.tls);
    const bool spoke = session.tls.encrypted() || requirement.level < mail::TlsLevel::encrypted;
    return why.empty() || spoke || session.trouble.empty() ? why : session.trouble;
  }
  return why;
}

/// One kind of mail: its rungs, what each host would have to meet, and which would take it.
json::object policy_view(const ProbeTools& tools, const ProbeTarget& target, const std::vector<Host>& hosts,
                         const mail::DomainSecurity& security, mail::Action action) {
  const policy::DeliverySettings settings = tools.config.settings_for(target.tenant, target.recipient);
  const mail::Capabilities capabilities =
      known_capabilities({tools.config, tools.keys}, target.tenant, target.recipient, tools.clock.now());
  const mail::Ladder ladder = policy::ladder(verdict_of(action), capabilities, settings);
  json::array rungs, tried;
  for (const mail::Route& route : ladder)
    rungs.emplace_back(mail::format_route(route));
  const auto* relay = std::get_if<mail::TlsRelay>(&ladder.front());
  std::string taken;
  bool promised = false;
  if (relay == nullptr) {
    taken = mail::format_route(ladder.front());
  } else if (const auto* smarthost = std::get_if<mail::Relay>(&relay->hop)) {
    taken = "all mail of tenant " + target.tenant + " goes by way of " + smarthost->host + ", not to these hosts";
  } else {
    for (const Host& host : hosts) {
      const mail::TlsRequirement requirement = policy::require_tls(
          *relay, security, host.security, target.recipient.domain(), tools.config.host_floor(host.found.name, action));
      promised |= requirement.promised || security.sts.enforced();
      const std::string unmet = unmet_by(host, relay->hop, security, requirement);
      json::object view{{"host", host.found.name}, {"required", mail::format_tls_level(requirement.level)}};
      if (!unmet.empty()) view["unmet"] = unmet;
      tried.push_back(std::move(view));
      if (unmet.empty() && taken.empty()) {
        taken = "leaves for " + host.found.name + ", which meets `" +
                std::string(mail::format_tls_level(requirement.level)) + "`";
      }
    }
    if (taken.empty() && promised) {
      taken = "waits: a host that promises TLS does not keep it, and no other takes the mail";
    } else if (taken.empty()) {
      taken = ladder.size() > 1 ? "goes on to the next rung, once that is proven: " + mail::format_route(ladder[1])
                                : "waits until a host takes it, or bounces in the end";
    }
  }
  return {{"ladder", std::move(rungs)}, {"hosts", std::move(tried)}, {"taken", taken}};
}

// Keys

json::object key_view(const crypto::KeyRecord& key) {
  json::object view{{"kind", crypto::format_key_kind(key.kind)},
                    {"fingerprint", key.fingerprint},
                    {"trust", crypto::format_trust(key.trust)},
                    {"evidence", key.evidence}};
  if (key.not_after) view["expires"] = format_rfc3339(*key.not_after);
  if (key.revoked) view["revoked"] = format_rfc3339(*key.revoked);
  return view;
}

/// Does any mail of this tenant to the recipient ask it?
bool is_asked(const ProbeTools& tools, const ProbeTarget& target, discovery::KeyOrigin origin) {
  return std::ranges::any_of(std::array{mail::Method::smime, mail::Method::openpgp}, [&](mail::Method method) {
    const SealSettings settings = tools.config.seal_settings_for(target.tenant, target.recipient, method);
    return std::ranges::find(settings.sources, origin) != settings.sources.end();
  });
}

net::awaitable<json::array> keys_view(const ProbeTools& tools, const ProbeTarget& target) {
  json::array views;
  for (const auto& source : *tools.key_sources) {
    const discovery::KeyAnswer answer = co_await source->find(target.recipient);
    const FoundKeys found = read_found(answer, source->origin(), target.recipient, tools.clock.now());
    json::array keys;
    for (const crypto::KeyRecord& key : found.keys)
      keys.push_back(key_view(key));
    const bool trouble = answer.result == discovery::KeyAnswer::Result::trouble;
    json::object view{{"source", discovery::format_key_origin(source->origin())},
                      {"asked", is_asked(tools, target, source->origin())},
                      {"result", trouble        ? "trouble"
                                 : keys.empty() ? "none"
                                                : "found"},
                      {"keys", std::move(keys)},
                      {"evidence", lines(answer.evidence)}};
    std::string reason = answer.reason;
    if (!found.refused.empty()) reason += (reason.empty() ? "" : "; ") + found.refused;
    if (!reason.empty()) view["reason"] = reason;
    views.push_back(std::move(view));
  }
  co_return views;
}

struct NoHosts {
  json::object& out;
  void operator()(const discovery::MxHosts&) const {}
  void operator()(const discovery::NullMx& said) const { tell("null-mx", "the domain accepts no mail", said.evidence); }
  void operator()(const discovery::NoSuchDomain& said) const {
    tell("no-such-domain", "the domain does not exist", said.evidence);
  }
  void operator()(const discovery::LoopsBack& said) const {
    tell("loops", "the mail servers of the domain are this gateway", said.evidence);
  }
  void operator()(const discovery::AllOffLimits& said) const { tell("off-limits", said.reason, said.evidence); }
  void operator()(const discovery::LookupFailed& said) const { tell("failed", said.reason, said.evidence); }
  void tell(const char* result, const std::string& reason, const std::vector<mail::Evidence>& evidence) const {
    out["mx"] = json::object{{"result", result}, {"reason", reason}, {"evidence", lines(evidence)}};
  }
};

net::awaitable<Host> probe_host(const ProbeTools& tools, const ProbeTarget& target, const discovery::MxHosts& of,
                                discovery::MxHost found) {
  Host host;
  const std::uint16_t port = tools.config.delivery_port;
  host.security = co_await discovery::find_dane(tools.resolver,
                                                discovery::dane_host(found, of, target.recipient.domain().str(), port));
  const policy::DeliverySettings settings = tools.config.settings_for(target.tenant, target.recipient);
  for (const std::string& address : found.addresses) {
    if (host.sessions.size() == most_addresses) break;
    host.sessions.push_back(co_await ask_host(tools, found.name, net::Endpoint{address, port},
                                              curiosity(host.security, settings.protect_tls)));
  }
  host.found = std::move(found);
  co_return host;
}

}  // namespace

Result<ProbeTarget> parse_probe_target(const std::string& text, const std::string& tenant, const Config& config) {
  ProbeTarget target{mail::Address{}, text.contains('@'), tenant.empty() ? config.tenants.front().tenant.name : tenant};
  if (config.tenant(target.tenant) == nullptr) return fail(Errc::invalid, "there is no tenant '" + tenant + "'");
  auto address = mail::Address::parse(target.person ? text : "postmaster@" + text);
  if (!address) return fail(Errc::invalid, "'" + text + "' is neither address nor domain: " + address.error().text);
  target.recipient = std::move(*address);
  return target;
}

net::awaitable<json::object> probe(ProbeTools tools, ProbeTarget target) {
  const mail::Domain& domain = target.recipient.domain();
  json::object out{{"recipient", target.recipient.str()},
                   {"domain", domain.str()},
                   {"tenant", target.tenant},
                   {"resolver", net::format_endpoint(tools.config.resolver)},
                   {"dnssec_trusted", tools.config.trusts_ad()}};
  discovery::BoundedResolver resolver(tools.resolver, tools.clock, look_up_patience);
  const discovery::MxAnswer answer = co_await discovery::find_mx(resolver, domain, {tools.config.hostname},
                                                                 tools.config.egress_policy(), tools.random);
  std::visit(NoHosts{out}, answer);
  const auto* found = std::get_if<discovery::MxHosts>(&answer);
  if (found == nullptr) co_return out;
  out["mx"] = json::object{{"result", found->implicit ? "implicit" : "hosts"},
                           {"secure", found->secure},
                           {"evidence", lines(found->evidence)}};
  mail::DomainSecurity security;
  if (tools.sts != nullptr) security = co_await tools.sts->find(domain);
  if (tools.sts != nullptr) out["mta_sts"] = sts_view(security);
  std::vector<Host> hosts;
  json::array views;
  for (const discovery::MxHost& one : found->hosts) {
    hosts.push_back(co_await probe_host(tools, target, *found, one));
    views.push_back(host_view(hosts.back(), domain.str(), security));
  }
  for (const discovery::MxHost& one : found->off_limits)
    views.push_back(host_view(Host{one, {}, {}}, domain.str(), security));
  out["hosts"] = std::move(views);
  out["level"] = least_level(hosts, domain.str(), security);
  if (tools.key_sources != nullptr && target.person) out["keys"] = co_await keys_view(tools, target);
  out["protect"] = policy_view(tools, target, hosts, security, mail::Action::protect);
  out["deliver"] = policy_view(tools, target, hosts, security, mail::Action::deliver);
  co_return out;
}

net::awaitable<std::vector<mail::Evidence>> look_up(ProbeTools tools, mail::Domain domain) {
  const discovery::MxAnswer answer = co_await discovery::find_mx(tools.resolver, domain, {tools.config.hostname},
                                                                 tools.config.egress_policy(), tools.random);
  std::vector<mail::Evidence> evidence = std::visit([](const auto& said) { return said.evidence; }, answer);
  const auto add = [&evidence](const std::vector<mail::Evidence>& more) {
    evidence.insert(evidence.end(), more.begin(), more.end());
  };
  const auto* found = std::get_if<discovery::MxHosts>(&answer);
  if (found == nullptr) co_return evidence;
  if (tools.sts != nullptr) add((co_await tools.sts->find(domain)).evidence);
  for (const discovery::MxHost& host : found->hosts) {
    const mail::HostSecurity security = co_await discovery::find_dane(
        tools.resolver, discovery::dane_host(host, *found, domain.str(), tools.config.delivery_port));
    add(host.evidence);
    add(security.evidence);
  }
  co_return evidence;
}

}  // namespace postern::gateway
