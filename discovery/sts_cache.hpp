// MTA-STS policies that are kept (RFC 8461 §3.3): until their max_age has passed, over restarts, a bounded number. What
// is kept is what an attacker who blocks look-ups cannot take away. Thread-safe.
//
// The file is written whole, beside, synced and renamed: a crash leaves the old one or the new one.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "mail/sts.hpp"

namespace postern::discovery {

struct StsEntry {
  std::string id;  // of the TXT record
  mail::StsPolicy policy;
  Time fetched{};
  [[nodiscard]] Time expires() const { return fetched + policy.max_age; }
  bool operator==(const StsEntry&) const = default;
};

class StsCache {
 public:
  explicit StsCache(std::size_t most_entries = 10'000, std::size_t most_octets = 16U << 20)
      : most_entries_(most_entries), most_octets_(most_octets) {}

  /// One that has not expired.
  [[nodiscard]] std::optional<StsEntry> find(const std::string& domain, Time now);
  /// Makes room by forgetting those that have expired, then those that were not asked for the longest.
  void keep(const std::string& domain, StsEntry entry, Time now);
  /// Mail was on its way there: who is mailed has its policy kept fresh (discovery/sts_refresh).
  void mailed(const std::string& domain, Time now);
  struct InUse {
    std::string domain;
    Time fetched{}, mailed{};
    std::chrono::seconds max_age{};
  };
  /// Those that have not expired.
  [[nodiscard]] std::vector<InUse> in_use(Time now) const;
  [[nodiscard]] std::size_t size() const;

  /// Reads what `save` wrote; a file that is not there is empty. Errc::corrupt: it is none of ours, nothing was taken.
  Result<void> load(const std::filesystem::path& file, Time now);
  /// Blocks on the disk.
  [[nodiscard]] Result<void> save(const std::filesystem::path& file) const;

 private:
  struct Kept {
    StsEntry entry;
    std::size_t octets = 0;
    std::uint64_t used = 0;  // the later the greater
    Time mailed{};
  };
  void put(const std::string& domain, StsEntry entry, Time mailed);
  void make_room(Time now);
  [[nodiscard]] std::string encode() const;

  mutable std::mutex mutex_;
  mutable std::mutex saving_;
  std::size_t most_entries_, most_octets_, octets_ = 0;
  std::uint64_t uses_ = 0;
  std::map<std::string, Kept> entries_;
};

}  // namespace postern::discovery
