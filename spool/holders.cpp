#include "spool/holders.hpp"

#include "spool/keys.hpp"
#include "spool/recipients_now.hpp"

namespace postern::spool {

void HoldersChange::changed(const std::optional<Rendition>& had, const std::optional<Rendition>& has) {
  if (had == has) return;
  if (had) --changes_.try_emplace(had->number, Change{*had}).first->second.by;
  if (has) ++changes_.try_emplace(has->number, Change{*has}).first->second.by;
}

void HoldersChange::is_new(const Rendition& rendition) {
  changes_.try_emplace(rendition.number, Change{rendition}).first->second.is_new = true;
}

Result<void> HoldersChange::write(Batch& batch, Store& store, const Group& group) {
  std::int64_t octets = 0;
  for (const auto& [number, change] : changes_) {
    const auto had_it = before(change, store, group);
    if (!had_it) return fail(had_it.error());
    const std::int64_t now = *had_it + change.by;
    if (now <= 0) erase_chunks(batch, change.of);
    if (one_recipient_) continue;
    const std::string key = keys::holders(id_, number);
    if (change.is_new) octets += static_cast<std::int64_t>(change.of.size);
    if (now > 0) {
      own_[key] = keys::big_endian(static_cast<std::uint64_t>(now));
      batch.put(Table::meta, key, *own_[key]);
      continue;
    }
    octets -= static_cast<std::int64_t>(change.of.size);
    own_[key] = std::nullopt;
    batch.erase(Table::meta, key);
  }
  return octets == 0 ? Result<void>() : write_octets(batch, store, group, octets);
}

void HoldersChange::erase_chunks(Batch& batch, const Rendition& rendition) const {
  for (std::uint32_t i = 0; i < rendition.chunks; ++i)
    batch.erase(Table::rendition, keys::rendition(id_, rendition.number, i));
}

/// Those of a spool of an earlier version were never added.
Result<void> HoldersChange::write_octets(Batch& batch, Store& store, const Group& group, std::int64_t by) {
  const std::string key = keys::rendition_octets(id_);
  const auto stored = row_now(store, Table::meta, key, group.holders);
  if (!stored) return fail(stored.error());
  const std::int64_t before = *stored ? static_cast<std::int64_t>(keys::read_big_endian(**stored)) : 0;
  if (before + by > 0) {
    own_[key] = keys::big_endian(static_cast<std::uint64_t>(before + by));
    batch.put(Table::meta, key, *own_[key]);
  } else {
    own_[key] = std::nullopt;
    batch.erase(Table::meta, key);
  }
  return {};
}

/// A spool of an earlier version has no number for renditions of its time.
Result<std::int64_t> HoldersChange::before(const Change& change, Store& store, const Group& group) const {
  if (change.is_new || one_recipient_) return change.is_new ? 0 : 1;
  const auto number = row_now(store, Table::meta, keys::holders(id_, change.of.number), group.holders);
  if (!number) return fail(number.error());
  return *number ? static_cast<std::int64_t>(keys::read_big_endian(**number)) : counted(change.of, store, group);
}

Result<std::int64_t> HoldersChange::counted(const Rendition& rendition, Store& store, const Group& group) const {
  std::int64_t count = 0;
  const auto scanned = RecipientsNow(store, id_, group).any([&](std::string_view bytes) {
    const auto record = decode_recipient(bytes);
    if (record && record->rendition && record->rendition->number == rendition.number) ++count;
    return false;
  });
  if (!scanned) return fail(scanned.error());
  return count;
}

void HoldersChange::hand_over(Group& group) && {
  for (auto& [key, number] : own_)
    group.holders[key] = std::move(number);
}

}  // namespace postern::spool
