#include "gateway/tls_reporter.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/percent.hpp"
#include "discovery/tls_rpt.hpp"
#include "gateway/gzip.hpp"
#include "gateway/own_message.hpp"
#include "gateway/tls_report_mail.hpp"

namespace postern::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_uris = 5;  // of a record: a stranger says where our mail goes
constexpr Duration between_turns = 1min, between_tries = 1h, longest_trying = 24h;

/// RFC 6068 §2, of one address; what else such a URI may say is not for us.
std::optional<mail::Address> address_of(std::string_view uri) {
  uri.remove_prefix(std::min(uri.size(), uri.find(':') + 1));
  const auto text = decode_percent(uri.substr(0, uri.find('?')));
  if (!text) return std::nullopt;
  auto address = mail::Address::parse(*text);
  return address ? std::optional(std::move(*address)) : std::nullopt;
}

Time end_of(Day day) {
  return day + std::chrono::days(1);
}

std::uint64_t sessions_of(const mail::TlsTally& tally) {
  std::uint64_t sessions = 0;
  for (const auto& [policy, counts] : tally)
    sessions += counts.successful + counts.failures();
  return sessions;
}

std::filesystem::path tallies_file(const Config& config) {
  return config.state / "tls-tallies";
}

}  // namespace

std::unique_ptr<TlsReporter> TlsReporter::open(Services& services) {
  const Config& config = services.config;
  const auto& from = config.tls_reports.from;
  if (!from) return nullptr;
  const auto owner = std::ranges::find_if(
      config.tenants, [&](const TenantConfig& one) { return policy::owns(one.tenant, from->domain()); });
  if (owner == config.tenants.end()) return nullptr;  // parse_config has complained of it
  discovery::UrlFetch fetch(services.resolver, services.dialer, services.clock, services.random, config.egress_policy(),
                            services.tls_client);
  auto reporter = std::make_unique<TlsReporter>(services, std::move(fetch), *owner);
  if (const auto loaded = reporter->tallies_.load(tallies_file(config)); !loaded)
    log::warning("TLS reports: what was counted is lost: {}", loaded.error().text);
  return reporter;
}

void TlsReporter::save() {
  if (const auto saved = tallies_.save(tallies_file(services_.config)); !saved)
    log::warning("TLS reports: what was counted is not kept over a restart: {}", saved.error().text);
}

net::awaitable<void> TlsReporter::run() {
  for (;;) {
    co_await turn(services_.clock.now());
    co_await net::sleep_for(between_turns);
  }
}

/// Chosen when the day's end is first seen.
TlsReporter::Progress& TlsReporter::progress_of(const TlsTallies::Key& key) {
  const auto [found, first] = progress_.try_emplace(key);
  if (first) {
    const auto spread = static_cast<std::uint64_t>(services_.config.tls_reports.spread.count());
    found->second.next = end_of(key.day) + Duration(services_.random.below(spread + 1));
  }
  return found->second;
}

net::awaitable<void> TlsReporter::turn(Time now) {
  for (const TlsTallies::Key& key : tallies_.ended(std::chrono::floor<std::chrono::days>(now)))
    co_await try_one(key, now);
  if (!tallies_.changed()) co_return;
  (void)co_await net::offload(services_.disk, [this] {
    save();
    return true;
  });
}

net::awaitable<void> TlsReporter::try_one(TlsTallies::Key key, Time now) {
  Progress& progress = progress_of(key);
  if (progress.next > now) co_return;
  const bool sent = co_await send(key, progress, now);
  const bool late = now >= end_of(key.day) + services_.config.tls_reports.spread + longest_trying;
  if (!sent && !late) {
    progress.next = now + between_tries;
    co_return;
  }
  if (!sent) log::warning("TLS report to {}: given up", key.domain);
  tallies_.forget(key);
  progress_.erase(key);
}

net::awaitable<bool> TlsReporter::send(TlsTallies::Key key, Progress& progress, Time now) {
  const discovery::DnsAnswer answer =
      co_await services_.resolver.resolve("_smtp._tls." + key.domain, discovery::RecordType::txt);
  if (!answer.answered()) co_return false;
  std::vector<std::string> uris = discovery::parse_tls_rpt_records(discovery::texts_of(answer));
  if (uris.empty()) co_return true;
  uris.resize(std::min(uris.size(), most_uris));

  audit::TlsReport report;
  report.organization = services_.config.tls_reports.organization.empty() ? services_.config.hostname
                                                                          : services_.config.tls_reports.organization;
  report.contact = services_.config.tls_reports.from->str();
  report.id = QueueId::make(now, services_.random).str();
  report.begin = key.day;
  report.end = end_of(key.day) - 1s;
  report.domain = key.domain;
  report.tally = tallies_.tally(key);
  const std::string packed = gzip(audit::format_tls_report(report));
  const std::uint64_t sessions = sessions_of(report.tally);

  bool all = true;
  for (const std::string& uri : uris) {
    if (progress.done.contains(uri)) continue;
    const bool sent = co_await send_to(uri, report, packed, now);
    if (sent) progress.done.insert(uri);
    all = all && sent;
  }
  if (all) log::info("TLS report to {}: {} session(s) on {:.10}", report.domain, sessions, format_rfc3339(key.day));
  co_return all;
}

net::awaitable<bool> TlsReporter::send_to(std::string uri, audit::TlsReport report, std::string packed, Time now) {
  if (lowered(uri).starts_with("mailto:"))
    co_return co_await mail_to(std::move(uri), std::move(report), std::move(packed), now);
  co_return co_await post_to(std::move(uri), std::move(packed));
}

net::awaitable<bool> TlsReporter::mail_to(std::string uri, audit::TlsReport report, std::string packed, Time now) {
  const auto to = address_of(uri);
  if (!to) co_return true;  // it will be no better next time
  const mail::Address& from = *services_.config.tls_reports.from;
  const QueueId id = QueueId::make(now, services_.random);
  const std::string subject = "TLS report to " + report.domain;
  OwnMessage message{own_record(services_, id, now, std::string(tls_report_listener), tenant_->tenant.name, from, *to),
                     own_recipient(services_, tenant_->tenant.name, tenant_->route, *to, now),
                     format_tls_report_mail({std::move(report), std::move(packed), services_.config.hostname, from, *to,
                                             own_message_id(services_, id), now}),
                     subject};
  message.record.envelope.tls_optional = true;
  co_return co_await keep_own_message(services_, std::move(message));
}

net::awaitable<bool> TlsReporter::post_to(std::string uri, std::string packed) {
  const auto answer = co_await fetch_.fetch({uri, net::HttpContent{"application/tlsrpt+gzip", std::move(packed)}});
  if (!answer) log::info("TLS report: not taken, to be tried again: {}", answer.error().text);
  co_return answer.has_value();
}

}  // namespace postern::gateway
