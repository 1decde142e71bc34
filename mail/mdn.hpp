// Message disposition notifications (RFC 8098): what a sender gets when a recipient has opened a message.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "mail/address.hpp"

namespace postern::mail {

struct Mdn {
  std::string hostname;  // ours
  Address to;            // the sender, who asked for it
  Address from;          // in whose name we say it
  Address recipient;     // who has opened the message
  std::string orcpt;     // as the sender gave it (RFC 3461 §4.2); may be empty
  std::string about_message_id;
  std::string message_id;  // of the notification
  Time opened{}, now{};
};

/// The whole message: multipart/report with a text part and message/disposition-notification; CRLF lines. No subject
/// and no content of what was opened.
[[nodiscard]] std::string format_mdn(const Mdn& mdn);

/// Does the header section ask for one (RFC 8098 §2.1)?
[[nodiscard]] bool asks_for_mdn(std::string_view section);

}  // namespace postern::mail
