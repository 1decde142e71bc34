// How many recipients have a rendition, and how many octets all renditions of a message have. These numbers stand
// beside them, so that nobody reads ten thousand recipients to learn that the last one who had it is gone. A message to
// one recipient has none: he has it, or nobody.
//
//   HoldersChange holders(id, envelope.to.size() == 1);
//   holders.changed(record.rendition, next.rendition);      for each recipient that a job changes
//   holders.write(batch, store, group)                      what nobody has any more is erased
#pragma once

#include <map>
#include <optional>

#include "spool/committer.hpp"
#include "spool/records.hpp"
#include "spool/store.hpp"

namespace postern::spool {

class HoldersChange {
 public:
  HoldersChange(QueueId id, bool one_recipient) : id_(std::move(id)), one_recipient_(one_recipient) {}

  void changed(const std::optional<Rendition>& had, const std::optional<Rendition>& has);
  /// Of one that was made just now: nobody had it before these changes.
  void is_new(const Rendition& rendition);
  [[nodiscard]] Result<void> write(Batch& batch, Store& store, const Group& group);
  /// For the jobs that follow: only when nothing of this one can fail any more.
  void hand_over(Group& group) &&;

 private:
  struct Change {
    Rendition of;
    std::int64_t by = 0;
    bool is_new = false;
  };
  void erase_chunks(Batch& batch, const Rendition& rendition) const;
  [[nodiscard]] Result<std::int64_t> before(const Change& change, Store& store, const Group& group) const;
  [[nodiscard]] Result<void> write_octets(Batch& batch, Store& store, const Group& group, std::int64_t by);
  [[nodiscard]] Result<std::int64_t> counted(const Rendition& rendition, Store& store, const Group& group) const;

  QueueId id_;
  bool one_recipient_;
  std::map<std::uint64_t, Change> changes_;  // by the rendition's number
  Group::Pending own_;
};

}  // namespace postern::spool
