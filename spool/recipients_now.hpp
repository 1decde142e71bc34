// One message's recipients as a job of the committer sees them: what is stored, as the jobs before it in the group
// leave it, and what it changes itself. It reads what is asked for and no more: a message may have ten thousand
// recipients, each of whom settles alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "spool/committer.hpp"
#include "spool/store.hpp"

namespace postern::spool {

class RecipientsNow {
 public:
  /// `store` and `group` must outlive it.
  RecipientsNow(Store& store, QueueId id, const Group& group) : store_(store), id_(std::move(id)), group_(group) {}

  /// The encoded record. Errc::not_found: the recipient is not in the queue any more.
  [[nodiscard]] Result<std::string> find(std::uint32_t index) const;
  /// Nothing: the recipient is gone.
  void change(Batch& batch, std::uint32_t index, std::optional<std::string> record);
  using Visit = std::function<bool(std::string_view record)>;
  /// Is `visit` true of any? Looks from index `from` on, and then before it.
  [[nodiscard]] Result<bool> any(const Visit& visit, std::uint32_t from = 0) const;
  /// What it changed, for the jobs that follow: only when nothing of this one can fail any more.
  void hand_over(Group& group) &&;

 private:
  /// Null where no job of the group changed it.
  [[nodiscard]] const std::optional<std::string>* changed(std::string_view key) const;
  [[nodiscard]] bool any_changed(const Visit& visit) const;

  Store& store_;
  QueueId id_;
  const Group& group_;
  Group::Pending own_;
};

}  // namespace postern::spool
