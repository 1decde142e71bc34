// How mail waits in the portal for a recipient: scoped settings, resolved. The nearest scope that says something wins.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "spool/pickup_record.hpp"

namespace postern::gateway {

/// The least that the connection must be which carries a notice: it has the link, and the code follows the same way.
enum class NoticeFloor { encrypted, none };

/// Whose sender hears that a message was opened.
enum class Receipt { never, asked, always };

struct PickupSettings {
  spool::PickupProof proof = spool::PickupProof::code;
  Duration expire = std::chrono::hours(24 * 30);
  std::string language = "en";
  NoticeFloor notice_floor = NoticeFloor::encrypted;
  bool tell_unread = true;   // the sender, where it expires without having been opened
  bool tell_sender = false;  // that it waits, and how to take it back
  bool replies = true;       // may be written in the portal
  Receipt receipt = Receipt::asked;
  Duration remind = std::chrono::hours(24 * 5);  // before it expires, who has not opened it; zero: never
};

}  // namespace postern::gateway
