// What recipients are told of a message that waits in the portal: who wrote, and where it is, never what. In their
// language.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "mail/address.hpp"
#include "spool/pickup_record.hpp"

namespace postern::gateway {

/// "2026-12-24": the one order of numbers that nobody reads in another way.
[[nodiscard]] std::string day_of(Time time);

struct PickupMail {
  mail::Address from;  // of the tenant
  std::string name;    // of the tenant: "Riverside Clinic"
  mail::Address to;
  std::string language;    // "en", "de", "fr", "es"
  std::string message_id;  // with angle brackets
  Time date{};
  std::string colour = {};  // of buttons: "#0b5c6b"
  std::string logo = {};    // a PNG above what is said
};

/// The whole message, CRLF lines: text and HTML. `writer`: who wrote the message. The link is what opens it.
[[nodiscard]] std::string format_pickup_notice(const PickupMail& mail, const mail::Address& writer,
                                               const std::string& link, Time until, spool::PickupProof proof,
                                               bool reminder = false);
/// The code that proves that its recipient reads this mailbox. It has no link: one without the other opens nothing.
[[nodiscard]] std::string format_pickup_code(const PickupMail& mail, const std::string& code);
/// That a new password was chosen for this mailbox.
[[nodiscard]] std::string format_password_reset(const PickupMail& mail);
/// To the sender: the passphrase, for whom it is, and how to pass it on. `about`: the Message-ID of what waits.
[[nodiscard]] std::string format_passphrase_mail(const PickupMail& mail, const std::string& about,
                                                 const std::vector<mail::Address>& recipients,
                                                 const Secret& passphrase);

}  // namespace postern::gateway
