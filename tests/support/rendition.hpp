// Renditions made and read back, in short words.
#pragma once

#include "tests/support/spool_room.hpp"

namespace postern::test {

/// Seals nothing: `bytes` are the rendition.
inline Result<spool::Made> make_rendition(spool::Spool& spool, const spool::MessageRecord& message,
                                          const std::string& bytes, std::vector<spool::SealedTo> recipients) {
  auto incoming = spool.begin_rendition(message.envelope.id, bytes.size());
  if (!incoming) return fail(incoming.error());
  if (!*incoming) return fail(Errc::limit, "no room beside the message's other renditions");
  if (auto appended = (*incoming)->append(bytes); !appended) return fail(appended.error());
  if (auto finished = (*incoming)->finish(); !finished) return fail(finished.error());
  return spool.make_rendition(std::move(*incoming), message, std::move(recipients));
}
inline Result<spool::Made> make_rendition(spool::Spool& spool, const QueueId& id, const std::string& bytes,
                                          std::vector<spool::SealedTo> recipients) {
  const auto stored = spool.load(id);
  return stored ? make_rendition(spool, stored->message, bytes, std::move(recipients)) : fail(stored.error());
}

/// Made, and on record as before a final dot.
template <class Message>
Result<void> keep_rendition(spool::Spool& spool, const QueueId& id, const Message& message, const std::string& bytes,
                            std::vector<spool::SealedTo> recipients) {
  const std::uint32_t first = recipients.front().index;
  auto made = make_rendition(spool, message, bytes, std::move(recipients));
  return made ? attempting(spool, id, {first}, std::move(*made)) : fail(made.error());
}
inline Result<void> keep_rendition(spool::Spool& spool, const QueueId& id, const std::string& bytes,
                                   std::vector<spool::SealedTo> recipients) {
  return keep_rendition(spool, id, id, bytes, std::move(recipients));
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
