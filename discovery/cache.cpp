#include "discovery/cache.hpp"

#include <algorithm>
#include <chrono>

namespace postern::discovery {

std::optional<DnsAnswer> AnswerCache::find(const std::string& name, RecordType type, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({name, type});
  if (found == entries_.end()) return std::nullopt;
  if (found->second.until <= now) {
    by_use_.erase(found->second.use);
    entries_.erase(found);
    return std::nullopt;
  }
  by_use_.splice(by_use_.begin(), by_use_, found->second.use);
  DnsAnswer answer = found->second.answer;
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(found->second.until - now);
  answer.ttl = static_cast<std::uint32_t>(left.count());
  return answer;
}

void AnswerCache::keep(const std::string& name, const DnsAnswer& answer, RecordType type, Time now) {
  using std::chrono::hours;
  const std::chrono::seconds longest = answer.records.empty() ? hours(3) : hours(24);
  const auto time = std::min(std::chrono::seconds(answer.ttl), longest);
  if (most_ == 0 || time.count() == 0) return;
  const std::lock_guard lock(mutex_);
  const Key key{name, type};
  if (const auto old = entries_.find(key); old != entries_.end()) {
    by_use_.erase(old->second.use);
    entries_.erase(old);
  }
  by_use_.push_front(key);
  entries_[key] = Entry{answer, now + time, by_use_.begin()};
  if (entries_.size() <= most_) return;
  entries_.erase(by_use_.back());
  by_use_.pop_back();
}

}  // namespace postern::discovery
