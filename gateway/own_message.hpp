// A message that this gateway writes itself: kept in the spool like any other, with the null reverse-path, and on
// record.
#pragma once

#include <string>

#include "gateway/services.hpp"

namespace postern::gateway {

/// `listener` stands where others have the name of theirs: "notice". `subject` is what the event says of it. False
/// where it could not be kept; the log says why.
struct OwnMessage {
  spool::MessageRecord record;
  spool::RecipientRecord recipient;
  std::string text;  // the whole message, CRLF lines
  std::string subject;
};
net::awaitable<bool> keep_own_message(Services& services, OwnMessage message);

/// Blocking: the message `text`, ready to be committed.
[[nodiscard]] Result<std::unique_ptr<spool::Incoming>> write_body(spool::Spool& spool, const QueueId& id,
                                                                  const std::string& text);

/// Its envelope, from nobody to `to`, of the tenant in whose name it leaves.
[[nodiscard]] spool::MessageRecord own_record(const Services& services, QueueId id, Time now,
                                              const std::string& listener, const std::string& tenant,
                                              const mail::Address& header_from, const mail::Address& to);
/// Who gets it, by way of `hop`, with the settings of that tenant.
[[nodiscard]] spool::RecipientRecord own_recipient(const Services& services, const std::string& tenant, mail::Hop hop,
                                                   const mail::Address& to, Time now);
/// "<id@our host>"
[[nodiscard]] std::string own_message_id(const Services& services, const QueueId& id);

}  // namespace postern::gateway
