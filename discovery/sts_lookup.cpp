#include "discovery/sts_lookup.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "discovery/bounded.hpp"
#include "discovery/mx.hpp"
#include "discovery/reachable.hpp"
#include "discovery/sts.hpp"
#include "discovery/web_host.hpp"
#include "net/http.hpp"
#include "net/runtime.hpp"

namespace postern::discovery {
namespace {

constexpr std::size_t most_tried = 10'000;
constexpr std::chrono::milliseconds turn{50};
constexpr unsigned http_ok = 200, http_not_found = 404, http_gone = 410;

std::string policy_host(const std::string& domain) {
  return "mta-sts." + domain;
}
constexpr const char* policy_path = "/.well-known/mta-sts.txt";

std::string policy_url(const std::string& domain) {
  return "https://" + policy_host(domain) + policy_path;
}

StsFetch without(StsFetch::Result result, std::string reason) {
  StsFetch fetch;
  fetch.result = result;
  fetch.reason = std::move(reason);
  return fetch;
}

/// What an answer over a connection that may be believed says.
StsFetch judge(const Result<net::HttpAnswer>& answer) {
  using enum StsFetch::Result;
  if (!answer) return without(answer.error().code == Errc::limit ? syntax_error : fetch_error, answer.error().text);
  // RFC 8461 §3.3: nothing but 200, and no redirect is followed.
  if (answer->status != http_ok) {
    const bool gone = answer->status == http_not_found || answer->status == http_gone;
    return without(gone ? none : fetch_error, "the policy host answers " + std::to_string(answer->status));
  }
  if (!is_sts_media_type(answer->content_type)) return without(fetch_error, "the policy is not text/plain");
  auto parsed = parse_sts_policy(answer->body);
  if (!parsed) return without(syntax_error, parsed.error().text);
  StsFetch fetch;
  fetch.result = policy;
  fetch.policy = std::move(*parsed);
  return fetch;
}

/// The record's own text is a stranger's: of it, only the id is told.
mail::DnsEvidence record_evidence(const std::string& name, const DnsAnswer& answer,
                                  const std::optional<std::string>& id) {
  mail::DnsEvidence evidence = evidence_of(name, RecordType::txt, answer);
  if (id) evidence.answer = "v=STSv1; id=" + *id;
  if (answer.answered() && !id && !answer.records.empty()) evidence.answer = "no STS record";
  return evidence;
}

mail::PublishedEvidence kept_evidence(const std::string& domain, const StsEntry& entry, Time now) {
  return {"MTA-STS of " + domain, mail::format_sts_policy(entry.policy), "kept since " + format_rfc3339(entry.fetched),
          now};
}

mail::Sts in_force(const StsEntry& entry) {
  mail::Sts sts;
  sts.state = mail::StsState::known;
  sts.policy = entry.policy;
  sts.id = entry.id;
  sts.expires = entry.expires();
  return sts;
}

}  // namespace

StsStep next_sts_step(const std::optional<StsEntry>& kept, bool answered, const std::optional<std::string>& id,
                      Duration refresh_after, Time now) {
  // RFC 8461 §3.3: what is kept holds until its end, whatever becomes of the record: who can block look-ups could
  // otherwise take the policy away.
  if (!answered) return kept ? StsStep::use_kept : StsStep::fail;
  if (!id) return kept ? StsStep::use_kept : StsStep::absent;
  if (!kept || kept->id != *id) return StsStep::fetch;
  const Duration half = std::chrono::duration_cast<Duration>(kept->policy.max_age) / 2;
  return now - kept->fetched >= std::min(refresh_after, half) ? StsStep::refresh : StsStep::use_kept;
}

StsLookup::StsLookup(Resolver& resolver, net::Dialer& dialer, std::shared_ptr<const net::TlsClient> tls,
                     StsCache& cache, const Clock& clock, Random& random, StsOptions options)
    : resolver_(resolver),
      dialer_(dialer),
      tls_(std::move(tls)),
      cache_(cache),
      clock_(clock),
      random_(random),
      options_(std::move(options)) {}

net::awaitable<mail::DomainSecurity> StsLookup::find(mail::Domain domain) {
  mail::DomainSecurity found;
  found.sts.reason = "the domain has no MTA-STS";
  if (domain.is_literal()) co_return found;
  const std::string name = domain.str(), record = "_mta-sts." + name;
  BoundedResolver resolver(resolver_, clock_, options_.patience);
  const DnsAnswer answer = co_await resolver.resolve(record, RecordType::txt);
  const std::optional<std::string> id = parse_sts_records(texts_of(answer));
  found.evidence.emplace_back(record_evidence(record, answer, id));

  const Time now = clock_.now();
  cache_.mailed(name, now);
  const std::optional<StsEntry> kept = cache_.find(name, now);
  const auto quarter = options_.refresh_after.count() / 4;
  const Duration refresh_after =
      Duration(3 * quarter + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * quarter + 1))));
  const StsStep step = next_sts_step(kept, answer.answered(), id, refresh_after, now);
  switch (step) {
    case StsStep::absent: break;
    case StsStep::fail:
      found.sts.state = mail::StsState::failed;
      found.sts.reason = "the look-up of TXT " + record + " failed: " + answer.reason;
      break;
    case StsStep::use_kept:
      found.sts = in_force(*kept);
      found.evidence.emplace_back(kept_evidence(name, *kept, now));
      break;
    case StsStep::fetch:
    case StsStep::refresh: co_await settle(name, *id, step, found); break;
  }
  co_return found;
}

/// One at a time for each domain; whoever waited takes what the one before has brought.
net::awaitable<void> StsLookup::settle(std::string domain, std::string id, StsStep step, mail::DomainSecurity& found) {
  const std::optional<StsFetch> fetched = co_await fetch_in_turn(domain, id);
  const Time now = clock_.now();
  if (fetched) found.evidence.insert(found.evidence.end(), fetched->evidence.begin(), fetched->evidence.end());
  if (fetched && fetched->result == StsFetch::Result::policy) {
    const StsEntry entry{id, fetched->policy, now};
    found.sts = in_force(entry);
    co_return;
  }
  const std::optional<StsEntry> kept = cache_.find(domain, now);
  if (kept) {
    found.sts = in_force(*kept);
    found.evidence.emplace_back(kept_evidence(domain, *kept, now));
    co_return;
  }
  found.sts.state = mail::StsState::unfetched;
  found.sts.reason = fetched ? "the MTA-STS policy cannot be had: " + fetched->reason
                             : "the MTA-STS policy could not be had lately, and is not asked for again so soon";
  if (fetched && step == StsStep::fetch) log::warning("MTA-STS of {}: {}", domain, found.sts.reason);
}

/// Nothing where it was tried lately, or another message has just fetched it.
net::awaitable<std::optional<StsFetch>> StsLookup::fetch_in_turn(std::string domain, std::string id) {
  bool waited = false;
  for (; !begin(domain); waited = true)
    co_await net::sleep_for(turn);
  struct Turn {
    StsLookup& owner;
    const std::string &domain, &id;
    bool failed = false;
    ~Turn() { owner.end(domain, id, failed); }
  } mine{*this, domain, id};
  if (lately_tried(domain, id)) co_return std::nullopt;
  if (waited) {
    const auto kept = cache_.find(domain, clock_.now());
    if (kept && kept->id == id) co_return std::nullopt;
  }
  mine.failed = true;  // until it is not
  StsFetch fetched = co_await fetch(domain);
  mine.failed = fetched.result != StsFetch::Result::policy;
  if (!mine.failed) {
    const Time now = clock_.now();
    cache_.keep(domain, {id, fetched.policy, now}, now);
    options_.on_change();
  }
  co_return fetched;
}

net::awaitable<std::optional<mail::DomainSecurity>> StsLookup::renewed(mail::Domain domain,
                                                                       const mail::DomainSecurity& known) {
  const std::string name = domain.str(), id = known.sts.id;
  const mail::StsPolicy policy = known.sts.policy;
  if (known.sts.state != mail::StsState::known) co_return std::nullopt;
  const Time now = clock_.now();
  mail::DomainSecurity found;
  if (const auto kept = cache_.find(name, now)) {
    if (kept->policy == policy && now - kept->fetched < options_.refetch_gap) co_return std::nullopt;
    if (kept->policy != policy) {
      found.sts = in_force(*kept);
      found.evidence.emplace_back(kept_evidence(name, *kept, now));
      co_return found;
    }
  }
  const std::optional<StsFetch> fetched = co_await fetch_in_turn(name, id);
  if (!fetched || fetched->result != StsFetch::Result::policy || fetched->policy == policy) co_return std::nullopt;
  found.sts = in_force({id, fetched->policy, clock_.now()});
  found.evidence = fetched->evidence;
  co_return found;
}

net::awaitable<void> StsLookup::refresh(std::string domain) {
  const std::string record = "_mta-sts." + domain;
  BoundedResolver resolver(resolver_, clock_, options_.patience);
  const DnsAnswer answer = co_await resolver.resolve(record, RecordType::txt);
  const std::optional<std::string> id = parse_sts_records(texts_of(answer));
  std::string why = "the look-up of TXT " + record + " failed: " + answer.reason;
  if (answer.answered()) why = "the domain announces no policy any more";
  if (id) {
    const std::optional<StsFetch> fetched = co_await fetch_in_turn(domain, *id);
    if (!fetched || fetched->result == StsFetch::Result::policy) co_return;
    why = fetched->reason;
  }
  // RFC 8461 §3.3: administrators are to learn of it before the policy expires.
  const auto kept = cache_.find(domain, clock_.now());
  if (kept)
    log::warning("MTA-STS of {}: its policy, kept until {}, is not refreshed: {}", domain,
                 format_rfc3339(kept->expires()), why);
}

net::awaitable<StsFetch> StsLookup::fetch(std::string domain) {
  const std::string host = policy_host(domain);
  BoundedResolver resolver(resolver_, clock_, options_.patience);
  const MxHost found = co_await find_host(resolver, host, random_);
  const bool unproven = found.addresses.empty() && found.unanswered;
  StsFetch result =
      without(found.status >= DnsStatus::insecure && !unproven ? StsFetch::Result::none : StsFetch::Result::fetch_error,
              "the policy host: " + found.failure);
  const Reachable allowed = reachable(found.addresses, options_.egress);
  if (!allowed.refused.empty()) {
    result = without(StsFetch::Result::fetch_error, "the policy host's address " + allowed.refused + " is not public");
  }
  const auto until = std::chrono::steady_clock::now() + options_.patience;
  std::string source = policy_url(domain);
  for (std::size_t i = 0; i < allowed.addresses.size(); ++i) {
    const auto left = share_of(until, allowed.addresses.size() - i);
    if (left.count() <= 0) break;
    const net::Endpoint at{allowed.addresses[i], options_.port};
    result = co_await fetch_from(host, at, left);
    source = policy_url(domain) + ", " + net::format_endpoint(at);
    if (result.result != StsFetch::Result::fetch_error) break;
  }
  const std::string said =
      result.result == StsFetch::Result::policy ? mail::format_sts_policy(result.policy) : result.reason;
  result.evidence = found.evidence;
  result.evidence.emplace_back(mail::PublishedEvidence{"MTA-STS of " + domain, said, std::move(source), clock_.now()});
  co_return result;
}

net::awaitable<StsFetch> StsLookup::fetch_from(std::string host, net::Endpoint at, std::chrono::milliseconds patience) {
  net::HttpsRequest get;
  get.at = std::move(at);
  get.host = host;
  get.target = policy_path;
  get.longest = longest_sts_policy;
  get.patience = patience;
  get.refuse = [host](const net::TlsSession& session) { return why_not_web_host(session, host); };
  const Result<net::HttpAnswer> answer = co_await net::https_fetch(dialer_, tls_, std::move(get));
  co_return judge(answer);
}

bool StsLookup::begin(const std::string& domain) {
  const std::lock_guard lock(mutex_);
  return under_way_.insert(domain).second;
}

void StsLookup::end(const std::string& domain, const std::string& id, bool failed) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(domain);
  if (!failed) return;
  if (tried_.size() >= most_tried) tried_.clear();
  tried_[domain] = {id, clock_.now()};
}

bool StsLookup::lately_tried(const std::string& domain, const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = tried_.find(domain);
  return found != tried_.end() && found->second.id == id && clock_.now() - found->second.at < options_.refetch_gap;
}

}  // namespace postern::discovery
