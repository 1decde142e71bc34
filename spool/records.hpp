// What the spool keeps, as types. docs/message-life.md tells the states; this is their form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "mail/envelope.hpp"
#include "mail/route.hpp"
#include "mail/verdict.hpp"

namespace postern::spool {

/// The commit record: one per message, written once with the 250, changed only by judging late and by
/// re-wrapping.
struct MessageRecord {
  mail::Envelope envelope;
  Time accepted{};
  std::uint64_t size = 0;  // octets of the body as kept
  std::string sha256;      // 32 octets, of the body as kept
  std::uint32_t chunks = 0;
  std::uint64_t epoch = 0;  // which epoch key wraps `wrapped_key`
  std::string wrapped_key;
  bool judged = true;  // false: taken beyond the inspection budget, verdicts are to come
  std::string policy_hash;
  std::uint64_t bare_lf_mended = 0;
  std::optional<bool> eight_bit;  // the body has octets beyond ASCII; nothing: a record that does not say
  std::string dkim_body_hash;     // 32 octets, of its relaxed form; empty: a record that does not say
};

// The state of one recipient. What is gone has no record: the event tells.
struct Queued {
  Time due{};
};
struct Held {
  mail::HoldReason reason = mail::HoldReason::quarantine;
  std::vector<std::string> releasers;
  Time expires{};
  bool sender_told = false;
};
struct Unjudged {};  // waits for inspection, not for the network
using RecipientState = std::variant<Queued, Held, Unjudged>;

/// What was sealed for some recipients of a message, once: a body of its own, which every attempt sends byte for byte.
/// Its key is wrapped by the message's and goes with that. Recipients that share one say so alike.
struct Rendition {
  std::uint64_t number = 0;  // random
  std::uint64_t size = 0;    // octets
  std::string sha256;        // 32 octets
  std::uint32_t chunks = 0;
  std::string wrapped_key;
  bool eight_bit = false;
  bool operator==(const Rendition&) const = default;
};

struct RecipientRecord {
  std::uint32_t index = 0;  // into Envelope::to
  mail::Address address;
  mail::Verdict verdict;
  mail::Ladder ladder;
  std::uint32_t rung = 0;
  RecipientState state;
  unsigned attempts = 0;       // over all rungs
  unsigned rung_attempts = 0;  // on the present one
  std::optional<Time> incapable_since;
  std::optional<Time> tls_trouble_since;
  bool may_be_duplicate = false;       // an attempt ended without an answer to the final dot
  std::string last_reason;             // ours
  bool delay_told = false;             // the sender has heard that it is late
  std::optional<Rendition> rendition;  // of its present rung, once it is made
  std::string sealed_to;               // fingerprint of the recipient's key that it is sealed to
};

/// Where its present rung connects to: a domain's mail servers ("lab.example") or a relay ("relay.example:25"). Empty
/// where the rung needs no connection. Mail of one destination shares its connections and its limits.
[[nodiscard]] std::string destination_of(const RecipientRecord& record);

/// The form in which records are written. Those of earlier versions are read, and written anew when they change.
///   1: nothing said which.   2: says so; parameters of DSN and SMTPUTF8.   3: delay_told, eight_bit.
///   4: classes of mail, hops.   5: renditions, hops of sealed rungs, dkim_body_hash, REQUIRETLS and TLS-Required
inline constexpr std::uint64_t record_version = 5;
static_assert(record_version >= mail::ladder_version);
static_assert(record_version >= mail::envelope_version);  // an envelope is read by the version of its record

void encode(Writer& out, const MessageRecord& record);
[[nodiscard]] Result<MessageRecord> decode_message(std::string_view bytes);
void encode(Writer& out, const RecipientRecord& record);
[[nodiscard]] Result<RecipientRecord> decode_recipient(std::string_view bytes);

}  // namespace postern::spool
