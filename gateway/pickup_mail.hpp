// What recipients are told of a message that waits in the portal: who wrote, and where it is, never what. In their
// language.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "mail/address.hpp"

namespace postern::gateway {

struct PickupMail {
  mail::Address from;  // of the tenant
  std::string name;    // of the tenant: "Riverside Clinic"
  mail::Address to;
  std::string language;    // "en", "de", "fr", "es"
  std::string message_id;  // with angle brackets
  Time date{};
};

/// The whole message, CRLF lines: text and HTML. `writer`: who wrote the message. The link is what opens it.
[[nodiscard]] std::string format_pickup_notice(const PickupMail& mail, const mail::Address& writer,
                                               const std::string& link, Time until, bool reminder = false);
/// The code that proves that its recipient reads this mailbox. It has no link: one without the other opens nothing.
[[nodiscard]] std::string format_pickup_code(const PickupMail& mail, const std::string& code);

}  // namespace postern::gateway
