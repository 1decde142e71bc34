#include "spool/claims.hpp"

#include "spool/keys.hpp"

namespace postern::spool {
namespace {

std::optional<DueRecipient> parse(std::string_view key) {
  if (key.size() != keys::timed_size) return std::nullopt;
  const std::string_view target = keys::target_of(key);
  const auto id = QueueId::parse(target.substr(0, keys::id_size));
  if (!id) return std::nullopt;
  return DueRecipient{*id, keys::index_of(target), keys::time_of(key)};
}

}  // namespace

Result<std::vector<DueRecipient>> Claims::claim_due(Store& store, char kind, Time now, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<DueRecipient> due;
  if (limit == 0) return due;
  std::optional<std::string> first;
  const std::string from = kind == 'q' ? floor_ : std::string(1, kind);
  const auto scanned =
      store.scan(Table::schedule, from, keys::timed_end(kind, now), [&](std::string_view key, std::string_view) {
        if (!first) first = std::string(key);
        const auto entry = parse(key);
        if (entry && claimed_.emplace(keys::target_of(key)).second) due.push_back(*entry);
        return due.size() < limit;
      });
  if (!scanned) return fail(scanned.error());
  if (kind == 'q') floor_ = first.value_or(std::max(floor_, keys::timed_end(kind, now)));
  return due;
}

Result<std::optional<Time>> Claims::next_due(Store& store) {
  const std::lock_guard lock(mutex_);
  std::optional<Time> next;
  const auto scanned = store.scan(Table::schedule, floor_, "r", [&](std::string_view key, std::string_view) {
    if (!parse(key) || claimed_.contains(keys::target_of(key))) return true;
    next = keys::time_of(key);
    return false;
  });
  if (!scanned) return fail(scanned.error());
  return next;
}

bool Claims::claim(const QueueId& id, std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  return claimed_.insert(keys::indexed(id, index)).second;
}

void Claims::unclaim(const QueueId& id, std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  claimed_.erase(keys::indexed(id, index));
}

void Claims::scheduled(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (key.starts_with('q') && key < floor_) floor_ = key;
}

void Claims::look_again() {
  const std::lock_guard lock(mutex_);
  floor_ = "q";
}

}  // namespace postern::spool
