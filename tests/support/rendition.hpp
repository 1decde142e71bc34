// Renditions made and read back, in short words.
#pragma once

#include "tests/support/spool_room.hpp"

namespace postern::test {

/// Seals nothing: `bytes` are the rendition.
inline Result<void> keep_rendition(spool::Spool& spool, const QueueId& id, const std::string& bytes,
                                   std::vector<spool::SealedTo> recipients) {
  auto incoming = spool.begin_rendition(id, bytes.size());
  if (!incoming) return fail(incoming.error());
  if (!*incoming) return fail(Errc::limit, "no room beside the message's other renditions");
  if (auto appended = (*incoming)->append(bytes); !appended) return appended;
  if (auto finished = (*incoming)->finish(); !finished) return finished;
  return wait_for([&](spool::Done done) {
    spool.keep_rendition(std::move(*incoming), std::move(recipients), [done](const Result<spool::Rendition>& kept) {
      done(kept ? Result<void>() : fail(kept.error()));
    });
  });
}

/// What recipient `index` would be sent, or the first error; Errc::not_found where it has none.
inline Result<std::string> rendition_of(spool::Spool& spool, const QueueId& id, std::uint32_t index) {
  const auto stored = spool.load(id);
  if (!stored) return fail(stored.error());
  for (const spool::RecipientRecord& recipient : stored->recipients) {
    if (recipient.index != index || !recipient.rendition) continue;
    auto reader = spool.open_rendition(stored->message, *recipient.rendition);
    if (!reader) return fail(reader.error());
    return read_all(**reader);
  }
  return fail(Errc::not_found, "no rendition");
}

}  // namespace postern::test
