#include "smtp/recipient_outcomes.hpp"

#include <algorithm>

namespace postern::smtp {

bool RecipientOutcomes::any_accepted() const {
  return std::ranges::any_of(slots_, [](const Slot& slot) { return slot.accepted && !slot.outcome; });
}

void RecipientOutcomes::decide(std::size_t recipient, mail::Outcome outcome) {
  Slot& slot = slots_[recipient];
  if (!slot.outcome) slot.outcome = std::move(outcome);
}

void RecipientOutcomes::decide_accepted(const mail::Outcome& outcome) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].accepted) decide(i, outcome);
  }
}

void RecipientOutcomes::decide_rest(const mail::Outcome& outcome) {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    decide(i, outcome);
}

std::vector<mail::Outcome> RecipientOutcomes::take() {
  std::vector<mail::Outcome> all;
  all.reserve(slots_.size());
  for (Slot& slot : slots_)
    all.push_back(std::move(slot.outcome.value()));
  return all;
}

}  // namespace postern::smtp
