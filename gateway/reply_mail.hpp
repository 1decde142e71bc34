// What was written in the portal, as mail to the tenant's people.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "mail/address.hpp"
#include "portal/sealed_reply.hpp"

namespace postern::gateway {

struct ReplyMail {
  mail::Address from;    // of the conversation
  mail::Address author;  // who has written it
  std::string tenant;    // its name: "Riverside Clinic"
  std::vector<mail::Address> to;
  std::string message_id;  // with angle brackets, like that of the message that is answered
  std::string answers;     // may be empty
  Time date{};
};

/// The whole message, CRLF lines. Of what the portal gives, nothing but Content-* stands in the header: Errc::invalid.
[[nodiscard]] Result<std::string> format_reply_mail(const ReplyMail& mail, const portal::Letter& letter);

}  // namespace postern::gateway
