#include "discovery/sts_cache.hpp"

#include <algorithm>

#include "base/codec.hpp"
#include "base/kept_file.hpp"
#include "discovery/sts.hpp"

namespace postern::discovery {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "postern mta-sts 2\n";
constexpr std::string_view magic_before = "postern mta-sts 1\n";  // without the times of mail
constexpr std::size_t most_stored = 1'000'000, longest_name = 1024;

std::size_t octets_of(const std::string& domain, const StsEntry& entry) {
  std::size_t octets = 200 + domain.size() + entry.id.size();
  for (const std::string& pattern : entry.policy.mx)
    octets += sizeof pattern + pattern.size();
  return octets;
}

void encode(Writer& out, const std::string& domain, const StsEntry& entry) {
  out.bytes(domain);
  out.bytes(entry.id);
  out.u64(static_cast<std::uint64_t>(entry.fetched.time_since_epoch().count()));
  out.enumerator(entry.policy.mode);
  out.u64(static_cast<std::uint64_t>(entry.policy.max_age.count()));
  out.texts(entry.policy.mx);
}

Time decode_time(Reader& in) {
  return Time(Duration(static_cast<std::int64_t>(std::min<std::uint64_t>(in.u64(), INT64_MAX / 4))));
}

StsEntry decode(Reader& in) {
  StsEntry entry;
  entry.id = in.bytes(longest_name);
  entry.fetched = decode_time(in);
  entry.policy.mode = in.enumerator(mail::StsMode::enforce);
  entry.policy.max_age =
      std::min(std::chrono::seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(in.u64(), INT64_MAX / 4))),
               longest_sts_age);
  entry.policy.mx = in.texts<std::vector<std::string>>(longest_sts_policy, longest_name);
  return entry;
}

}  // namespace

std::optional<StsEntry> StsCache::find(const std::string& domain, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(domain);
  if (found == entries_.end() || found->second.entry.expires() <= now) return std::nullopt;
  found->second.used = ++uses_;
  return found->second.entry;
}

void StsCache::keep(const std::string& domain, StsEntry entry, Time now) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(domain);
  put(domain, std::move(entry), known == entries_.end() ? now : known->second.mailed);
  make_room(now);
}

void StsCache::mailed(const std::string& domain, Time now) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(domain);
  if (known != entries_.end()) known->second.mailed = now;
}

std::vector<StsCache::InUse> StsCache::in_use(Time now) const {
  const std::lock_guard lock(mutex_);
  std::vector<InUse> all;
  for (const auto& [domain, kept] : entries_) {
    if (kept.entry.expires() > now) all.push_back({domain, kept.entry.fetched, kept.mailed, kept.entry.policy.max_age});
  }
  return all;
}

std::size_t StsCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void StsCache::put(const std::string& domain, StsEntry entry, Time mailed) {
  Kept& kept = entries_[domain];
  octets_ -= kept.octets;
  kept = {std::move(entry), 0, ++uses_, mailed};
  kept.octets = octets_of(domain, kept.entry);
  octets_ += kept.octets;
}

void StsCache::make_room(Time now) {
  const auto full = [this] { return entries_.size() > most_entries_ || octets_ > most_octets_; };
  if (!full()) return;
  std::erase_if(entries_, [&](const auto& one) {
    if (one.second.entry.expires() > now) return false;
    octets_ -= one.second.octets;
    return true;
  });
  while (full() && !entries_.empty()) {
    const auto oldest = std::ranges::min_element(entries_, {}, [](const auto& one) { return one.second.used; });
    octets_ -= oldest->second.octets;
    entries_.erase(oldest);
  }
}

std::string StsCache::encode() const {
  const std::lock_guard lock(mutex_);
  Writer out;
  out.u64(entries_.size());
  for (const auto& [domain, kept] : entries_) {
    discovery::encode(out, domain, kept.entry);
    out.u64(static_cast<std::uint64_t>(kept.mailed.time_since_epoch().count()));
  }
  return out.take();
}

Result<void> StsCache::load(const fs::path& file, Time now) {
  auto kept = read_kept(file, magic);
  const bool from_before = !kept && kept.error().code == Errc::corrupt;
  if (from_before) kept = read_kept(file, magic_before);
  if (!kept) return fail(kept.error());
  if (!*kept) return {};
  Reader reader(**kept);
  std::map<std::string, std::pair<StsEntry, Time>> read;
  for (std::size_t left = reader.count(most_stored); left > 0 && reader.ok(); --left) {
    auto& [entry, mailed] = read[reader.bytes(longest_name)];
    entry = decode(reader);
    mailed = from_before ? entry.fetched : decode_time(reader);
  }
  if (!reader.finished()) return damaged(file);
  const std::lock_guard lock(mutex_);
  for (auto& [domain, one] : read)
    put(domain, std::move(one.first), one.second);
  make_room(now);
  return {};
}

Result<void> StsCache::save(const fs::path& file) const {
  const std::lock_guard lock(saving_);
  return write_kept(file, magic, encode());
}

}  // namespace postern::discovery
