#include "spool/claims.hpp"

#include <algorithm>

#include "spool/keys.hpp"

namespace postern::spool {
namespace {

constexpr std::size_t longest_label = 1024;

std::optional<DueRecipient> parse(std::string_view key, std::string_view value) {
  if (key.size() != keys::timed_size) return std::nullopt;
  const std::string_view target = keys::target_of(key);
  const auto id = QueueId::parse(target.substr(0, keys::id_size));
  if (!id) return std::nullopt;
  DueRecipient due{*id, keys::index_of(target), keys::time_of(key), {}, {}, false};
  if (value.empty()) return due;  // held
  Reader in(value);
  due.destination = in.bytes(longest_label);
  due.tenant = in.bytes(longest_label);
  due.again = in.boolean();
  return due;
}

}  // namespace

Result<std::vector<DueRecipient>> Claims::claim_expired_holds(Store& store, Time now, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<DueRecipient> due;
  if (limit == 0) return due;
  const auto scanned =
      store.scan(Table::schedule, "h", keys::timed_end('h', now), [&](std::string_view key, std::string_view value) {
        auto entry = parse(key, value);
        if (entry && claimed_.emplace(keys::target_of(key), key).second) due.push_back(std::move(*entry));
        return due.size() < limit;
      });
  if (!scanned) return fail(scanned.error());
  return due;
}

Result<Place> Claims::scan_due(Store& store, Time now, const Place& from, const PickDue& pick) {
  const std::lock_guard lock(mutex_);
  const Place end = keys::timed_end('q', now);
  Place next = end;
  if (from >= end) return next;
  const bool whole = from <= floor_;
  std::optional<std::string> first;
  const auto scanned =
      store.scan(Table::schedule, std::max(from, floor_), end, [&](std::string_view key, std::string_view value) {
        if (!first) first = std::string(key);
        const auto entry = parse(key, value);
        if (!entry || claimed_.contains(keys::target_of(key))) return true;
        const Place at(key);
        const Pick picked = pick(*entry, at);
        if (picked == Pick::claim) claimed_.emplace(keys::target_of(key), key);
        if (picked != Pick::end) return true;
        next = at;
        return false;
      });
  if (!scanned) return fail(scanned.error());
  if (whole) floor_ = first.value_or(std::max(floor_, end));
  return next;
}

std::optional<Place> Claims::changed_from() {
  const std::lock_guard lock(mutex_);
  return std::exchange(changed_, std::nullopt);
}

Result<std::optional<Time>> Claims::next_due(Store& store, Time after) {
  const std::lock_guard lock(mutex_);
  std::optional<Time> next;
  const std::string from = std::max(floor_, after < Time() ? floor_ : keys::timed_end('q', after));
  const auto scanned = store.scan(Table::schedule, from, "r", [&](std::string_view key, std::string_view value) {
    if (!parse(key, value) || claimed_.contains(keys::target_of(key))) return true;
    next = keys::time_of(key);
    return false;
  });
  if (!scanned) return fail(scanned.error());
  return next;
}

bool Claims::claim(const QueueId& id, std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  return claimed_.emplace(keys::indexed(id, index), "").second;
}

void Claims::unclaim(const QueueId& id, std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  const auto found = claimed_.find(keys::indexed(id, index));
  if (found == claimed_.end()) return;
  changed(found->second.starts_with('q') ? found->second : "q");
  claimed_.erase(found);
}

void Claims::settled(const QueueId& id, std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  claimed_.erase(keys::indexed(id, index));
}

void Claims::scheduled(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (!key.starts_with('q')) return;
  if (key < floor_) floor_ = key;
  changed(key);
}

void Claims::look_again() {
  const std::lock_guard lock(mutex_);
  floor_ = "q";
  changed("q");
}

void Claims::changed(const std::string& key) {
  if (!changed_ || key < *changed_) changed_ = key;
}

}  // namespace postern::spool
