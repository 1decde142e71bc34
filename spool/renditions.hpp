// What was sealed for recipients, in batches that change who has it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spool/records.hpp"
#include "spool/store.hpp"

namespace postern::spool {

/// Of an encoded recipient record.
[[nodiscard]] std::optional<Rendition> rendition_of(const std::string& recipient);

/// Erases the chunks of those of `maybe` that none of the message's recipients has any more.
void erase_unused(Batch& batch, const QueueId& id, const std::vector<Rendition>& maybe,
                  const std::map<std::string, std::string, std::less<>>& recipients);

}  // namespace postern::spool
