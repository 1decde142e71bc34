// A recipient whose message waits for pick-up in the portal: what is needed to remind, to recall, and to tell the
// sender.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"
#include "mail/envelope.hpp"

namespace postern::spool {

/// What its recipient needs besides the link.
enum class PickupProof {
  code,        // mailed to the same address
  passphrase,  // of the sender's
  password,    // of its own, chosen in the portal
};

/// "code"
[[nodiscard]] std::string_view format_proof(PickupProof proof);

struct PickupRecord {
  std::string lookup;       // its name at the portal
  QueueId deposit;          // the portal's copy of the message
  Secret link;              // what opens it, together with the deposit: nowhere else but in the notice
  mail::Envelope envelope;  // the message's, with this recipient alone
  std::uint32_t index = 0;  // of the recipient in the message
  Time accepted{}, expires{};
  std::string language;               // "en"
  QueueId notice;                     // that tells its recipient; empty: none is kept yet
  std::optional<Time> opened;         // for the first time
  std::vector<mail::Address> others;  // whom the message shows beside sender and recipient, where they are few
  bool receipt = false;               // its sender hears when it is opened
  std::optional<Time> reminded;
  PickupProof proof = PickupProof::code;
  Secret passphrase;        // where that is the proof: until it is opened; from then on its recipient has it
  QueueId passphrase_mail;  // that tells it to the sender; empty: none is kept yet
  bool extended_by_sender = false, resent_by_sender = false;  // by mail, which is good once
  std::string account_half;  // where a password is the proof: what it is sealed for; empty: none was chosen yet
};

[[nodiscard]] std::string encode_pickup(const PickupRecord& record);
[[nodiscard]] Result<PickupRecord> decode_pickup(std::string_view bytes);

}  // namespace postern::spool
