// What became of each recipient of one attempt. Each is open until it is decided, and then stays as it is.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mail/outcome.hpp"

namespace postern::smtp {

class RecipientOutcomes {
 public:
  explicit RecipientOutcomes(std::size_t count) : slots_(count) {}

  /// RCPT was taken: the reply to the message decides.
  void accept(std::size_t recipient) { slots_[recipient].accepted = true; }
  [[nodiscard]] bool any_accepted() const;

  void decide(std::size_t recipient, mail::Outcome outcome);
  void decide_accepted(const mail::Outcome& outcome);
  /// All that nothing was decided about, accepted or not.
  void decide_rest(const mail::Outcome& outcome);

  /// Only once all are decided.
  [[nodiscard]] std::vector<mail::Outcome> take();

 private:
  struct Slot {
    bool accepted = false;
    std::optional<mail::Outcome> outcome;
  };
  std::vector<Slot> slots_;
};

}  // namespace postern::smtp
