// A rendition between its making and its record. Most are sent at once: they go on record with the mark before the
// final dot (`attempting`), unsynced. Those that never came so far go on record with the outcome that keeps them
// (`settle`).
#pragma once

#include <optional>
#include <vector>

#include "spool/body.hpp"

namespace postern::spool {

class SealedRendition final : public MadeRendition {
 public:
  /// `one_recipient`: the message has no more.
  SealedRendition(std::unique_ptr<SealedIncoming> body, Rendition rendition, std::vector<SealedTo> recipients,
                  bool one_recipient)
      : body_(std::move(body)),
        rendition_(std::move(rendition)),
        recipients_(std::move(recipients)),
        one_recipient_(one_recipient) {}

  [[nodiscard]] const Rendition& rendition() const override { return rendition_; }
  [[nodiscard]] std::unique_ptr<BodyReader> open() const override { return body_->open_body(); }

  // The committer's thread alone.
  [[nodiscard]] const QueueId& id() const { return body_->id(); }
  [[nodiscard]] const std::vector<SealedTo>& recipients() const { return recipients_; }
  [[nodiscard]] bool one_recipient() const { return one_recipient_; }
  [[nodiscard]] bool on_record() const { return put_in_.has_value(); }
  /// A write failed since, its own or another: the store was opened anew, and may not have what was written unsynced.
  [[nodiscard]] bool lost_in(std::uint64_t generation) const {
    return !body_->whole_in(generation) || (put_in_ && *put_in_ != generation);
  }
  void put(Batch& batch, std::uint64_t generation);
  void give_up(Batch& batch);
  /// It is counted as stored now.
  void leave_room() { body_->takes({}); }

 private:
  std::unique_ptr<SealedIncoming> body_;
  Rendition rendition_;
  std::vector<SealedTo> recipients_;
  bool one_recipient_;
  std::optional<std::uint64_t> put_in_;  // generation of the store
};

}  // namespace postern::spool
