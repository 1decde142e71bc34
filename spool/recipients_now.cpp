#include "spool/recipients_now.hpp"

#include "spool/keys.hpp"

namespace postern::spool {

const std::optional<std::string>* RecipientsNow::changed(std::string_view key) const {
  if (const auto own = own_.find(key); own != own_.end()) return &own->second;
  const auto before = group_.recipients.find(key);
  return before != group_.recipients.end() ? &before->second : nullptr;
}

Result<std::string> RecipientsNow::find(std::uint32_t index) const {
  const auto gone = [] { return fail(Errc::not_found, "the recipient is not in the queue any more"); };
  const std::string key = keys::indexed(id_, index);
  if (const auto* now = changed(key)) return *now ? Result<std::string>(**now) : gone();
  auto stored = store_.get(Table::recipient, key);
  if (!stored) return fail(stored.error());
  return *stored ? Result<std::string>(std::move(**stored)) : gone();
}

void RecipientsNow::change(Batch& batch, std::uint32_t index, std::optional<std::string> record) {
  std::string key = keys::indexed(id_, index);
  if (record) {
    batch.put(Table::recipient, key, *record);
  } else {
    batch.erase(Table::recipient, key);
  }
  own_[std::move(key)] = std::move(record);
}

bool RecipientsNow::any_changed(const Visit& visit) const {
  const auto is_there = [&](const auto& entry) { return entry.second && visit(*entry.second); };
  for (const auto& entry : own_) {
    if (is_there(entry)) return true;
  }
  const Group::Pending& before = group_.recipients;
  for (auto at = before.lower_bound(id_.str()); at != before.end() && at->first.starts_with(id_.str()); ++at) {
    if (!own_.contains(at->first) && is_there(*at)) return true;
  }
  return false;
}

/// From there on first: where recipients leave in turn, the store need not wade through those that left before.
Result<bool> RecipientsNow::any(const Visit& visit, std::uint32_t from) const {
  if (any_changed(visit)) return true;
  bool found = false;
  const auto look = [&](std::string_view key, std::string_view record) {
    found = changed(key) == nullptr && visit(record);
    return !found;
  };
  const std::string middle = keys::indexed(id_, from);
  auto scanned = store_.scan(Table::recipient, middle, keys::after(id_.str()), look);
  if (scanned && !found) scanned = store_.scan(Table::recipient, id_.str(), middle, look);
  if (!scanned) return fail(scanned.error());
  return found;
}

void RecipientsNow::hand_over(Group& group) && {
  for (auto& [key, record] : own_)
    group.recipients[key] = std::move(record);
}

}  // namespace postern::spool
