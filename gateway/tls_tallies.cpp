#include "gateway/tls_tallies.hpp"

#include "base/kept_file.hpp"

namespace postern::gateway {
namespace {

constexpr std::string_view magic = "postern tls-tallies 1\n";
constexpr std::size_t most_stored = 1'000'000, longest_name = 1024;
constexpr std::int64_t last_day = 10'000'000;

}  // namespace

void TlsTallies::count(const std::string& domain, const std::vector<mail::ReportedSession>& sessions, Time now) {
  if (sessions.empty()) return;
  const std::lock_guard lock(mutex_);
  auto& domains = days_[std::chrono::floor<std::chrono::days>(now)];
  if (domains.size() >= most_domains_ && !domains.contains(domain)) return;
  for (const mail::ReportedSession& session : sessions) {
    mail::TlsCounts& counts = domains[domain][session.policy];
    if (!session.failure) {
      ++counts.successful;
    } else if (counts.failed.size() < most_failures_ || counts.failed.contains(*session.failure)) {
      ++counts.failed[*session.failure];
    } else {
      ++counts.failed[{session.failure->type, {}, {}, {}, {}}];
    }
  }
  changed_ = true;
}

std::vector<TlsTallies::Key> TlsTallies::ended(Day today) const {
  const std::lock_guard lock(mutex_);
  std::vector<Key> ended;
  for (auto day = days_.begin(); day != days_.end() && day->first < today; ++day) {
    for (const auto& [domain, tally] : day->second)
      ended.push_back({day->first, domain});
  }
  return ended;
}

mail::TlsTally TlsTallies::tally(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto day = days_.find(key.day);
  if (day == days_.end()) return {};
  const auto found = day->second.find(key.domain);
  return found != day->second.end() ? found->second : mail::TlsTally{};
}

void TlsTallies::forget(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = days_.find(key.day);
  if (found == days_.end() || found->second.erase(key.domain) == 0) return;
  if (found->second.empty()) days_.erase(found);
  changed_ = true;
}

bool TlsTallies::changed() const {
  const std::lock_guard lock(mutex_);
  return changed_;
}

std::string TlsTallies::encode() const {
  Writer out;
  out.u64(days_.size());
  for (const auto& [day, domains] : days_) {
    out.u64(static_cast<std::uint64_t>(day.time_since_epoch().count()));
    out.u64(domains.size());
    for (const auto& [domain, tally] : domains) {
      out.bytes(domain);
      mail::encode(out, tally);
    }
  }
  return out.take();
}

Result<void> TlsTallies::load(const std::filesystem::path& file) {
  const auto kept = read_kept(file, magic);
  if (!kept) return fail(kept.error());
  if (!*kept) return {};
  Reader reader(**kept);
  std::map<Day, std::map<std::string, mail::TlsTally>> read;
  for (std::size_t days = reader.count(most_stored); days > 0 && reader.ok(); --days) {
    const auto day = std::min<std::uint64_t>(reader.u64(), last_day);
    auto& domains = read[Day(std::chrono::days(static_cast<int>(day)))];
    for (std::size_t left = reader.count(most_stored); left > 0 && reader.ok(); --left) {
      const std::string domain = reader.bytes(longest_name);
      domains[domain] = mail::decode_tls_tally(reader);
    }
  }
  if (!reader.finished()) return damaged(file);
  const std::lock_guard lock(mutex_);
  days_ = std::move(read);
  return {};
}

Result<void> TlsTallies::save(const std::filesystem::path& file) {
  const std::lock_guard one_at_a_time(saving_);
  std::string bytes;
  {
    const std::lock_guard lock(mutex_);
    bytes = encode();
    changed_ = false;
  }
  auto saved = write_kept(file, magic, bytes);
  if (!saved) {
    const std::lock_guard lock(mutex_);
    changed_ = true;
  }
  return saved;
}

}  // namespace postern::gateway
