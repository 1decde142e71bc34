// TLS sessions counted by day (UTC) and recipients' domain, until the day's report has left (RFC 8460 §4.1). Bounded;
// kept over restarts by load and save: what came since the last save is lost in a crash. Thread-safe.
#pragma once

#include <chrono>
#include <compare>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "mail/tls_report.hpp"

namespace postern::gateway {

using Day = std::chrono::sys_days;

class TlsTallies {
 public:
  /// `most_domains`: of a day; sessions with more are not counted. `most_failures`: kinds of them in a domain's day,
  /// told apart by hosts and addresses; beyond, by their type alone.
  explicit TlsTallies(std::size_t most_domains = 10'000, std::size_t most_failures = 200)
      : most_domains_(most_domains), most_failures_(most_failures) {}

  void count(const std::string& domain, const std::vector<mail::ReportedSession>& sessions, Time now);

  /// A domain's day.
  struct Key {
    Day day;
    std::string domain;
    auto operator<=>(const Key&) const = default;
  };
  /// Of days before `today`.
  [[nodiscard]] std::vector<Key> ended(Day today) const;
  [[nodiscard]] mail::TlsTally tally(const Key& key) const;
  void forget(const Key& key);

  /// Has anything changed since the last save?
  [[nodiscard]] bool changed() const;
  /// A file that is not there is empty. Errc::corrupt: it is none of ours, nothing was taken.
  Result<void> load(const std::filesystem::path& file);
  /// Blocks on the disk.
  Result<void> save(const std::filesystem::path& file);

 private:
  [[nodiscard]] std::string encode() const;

  mutable std::mutex mutex_;
  std::mutex saving_;
  std::size_t most_domains_, most_failures_;
  bool changed_ = false;
  std::map<Day, std::map<std::string, mail::TlsTally>> days_;
};

}  // namespace postern::gateway
