// A queue with short words for what its tests do.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/spool/restarting.hpp"

namespace postern::spool {

struct Queue : Restarting {
  QueueId keep(std::size_t recipients = 1, std::string body = "text", std::optional<RecipientState> state = {}) {
    return test::keep(*spool, clock, random, body, recipients, state.value_or(Queued{clock.now()})).value();
  }
  [[nodiscard]] std::size_t rows(Table table) const { return (*disk)[table].size(); }
  [[nodiscard]] std::vector<std::uint32_t> claim(std::size_t limit = 100) {
    std::vector<std::uint32_t> indexes;
    for (const DueRecipient& due : test::claim_due(*spool, clock.now(), limit).value())
      indexes.push_back(due.index);
    return indexes;
  }
  [[nodiscard]] RecipientRecord recipient(const QueueId& id, std::uint32_t index) {
    for (RecipientRecord& record : spool->load(id).value().recipients) {
      if (record.index == index) return record;
    }
    throw std::runtime_error("no such recipient");
  }
  static Held held(Time expires) { return {mail::HoldReason::quarantine, {"officer@clinic.example"}, expires, false}; }
};

}  // namespace postern::spool
