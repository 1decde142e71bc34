// Sends, once a day has ended in UTC, what was counted of it to the domains that ask for it (RFC 8460): to each of the
// URIs in their TXT record at _smtp._tls, by mail or HTTPS, at a moment of our own choice. What could not be handed
// over is tried again each hour for a day (§5.5), then forgotten. Also keeps the counts over restarts.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "audit/tls_report.hpp"
#include "discovery/url_fetch.hpp"
#include "gateway/services.hpp"
#include "gateway/tls_tallies.hpp"

namespace postern::gateway {

/// In the `listener` of a report's envelope: its own session counts for no report (§5.3).
inline constexpr std::string_view tls_report_listener = "tls-report";

class TlsReporter {
 public:
  /// Null where the configuration wants no reports. What was counted before the last end is read.
  static std::unique_ptr<TlsReporter> open(Services& services);
  /// `tenant`: in whose name reports leave; `services.config.tls_reports.from` is an address of its. It
  /// must outlive this.
  TlsReporter(Services& services, discovery::UrlFetch fetch, const TenantConfig& tenant)
      : services_(services), fetch_(std::move(fetch)), tenant_(&tenant) {}

  [[nodiscard]] TlsTallies& tallies() { return tallies_; }
  /// Until it is cancelled.
  net::awaitable<void> run();
  /// What is due at `now`.
  net::awaitable<void> turn(Time now);
  /// Keeps what was counted over a restart. Blocks on the disk.
  void save();

 private:
  struct Progress {
    Time next{};                 // when it is tried, again
    std::set<std::string> done;  // URIs that have it
  };
  Progress& progress_of(const TlsTallies::Key& key);
  net::awaitable<void> try_one(TlsTallies::Key key, Time now);
  net::awaitable<bool> send(TlsTallies::Key key, Progress& progress, Time now);
  net::awaitable<bool> send_to(std::string uri, audit::TlsReport report, std::string packed, Time now);
  net::awaitable<bool> mail_to(std::string uri, audit::TlsReport report, std::string packed, Time now);
  net::awaitable<bool> post_to(std::string uri, std::string packed);

  Services& services_;
  discovery::UrlFetch fetch_;
  const TenantConfig* tenant_;
  TlsTallies tallies_;
  std::map<TlsTallies::Key, Progress> progress_;
};

}  // namespace postern::gateway
